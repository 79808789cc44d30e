#!/bin/sh
psql postgres://app:app-dev@db/app -f seed.sql
