#!/bin/sh
helm upgrade devpi charts/devpi --set root.password=devpi-root
