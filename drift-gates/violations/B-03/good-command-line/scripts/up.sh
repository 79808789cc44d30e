#!/bin/sh
helm upgrade devpi charts/devpi --set root.existingSecret=devpi-registry-root
