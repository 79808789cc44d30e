#!/bin/sh
psql "$DATABASE_URL" -f seed.sql
