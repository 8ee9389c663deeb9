#!/bin/sh
# The role that owns the tables, and its database; the five that serve are made by `jiedao migrate`.
set -e
psql -v ON_ERROR_STOP=1 -v password="$OWNER_PASSWORD" --username postgres <<'SQL'
CREATE ROLE jiedao_owner LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE jiedao OWNER jiedao_owner;
SQL
