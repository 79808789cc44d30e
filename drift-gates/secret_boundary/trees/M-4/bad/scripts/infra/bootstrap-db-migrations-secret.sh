#!/bin/sh
kubectl -n ameide get secret db-migrations >/dev/null
