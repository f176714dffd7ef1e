#!/bin/sh
# Makes the database of a city server on this machine's PostgreSQL: one role without a password, which
# the rooms' users and root may be over the Unix socket, and nobody over a network. Safe to run again.
set -eu

version=$(ls /etc/postgresql 2>/dev/null | sort -n | tail -n 1)
if [ -z "$version" ]; then
    echo "database: PostgreSQL is not installed here. Fix: apt install postgresql" >&2
    exit 1
fi
settings=/etc/postgresql/$version/main
for user in root alpr-vault alpr-ca alpr-ingest alpr-web alpr-tell; do
    grep -q "^alpr $user alpr$" "$settings/pg_ident.conf" || echo "alpr $user alpr" >> "$settings/pg_ident.conf"
done
# The first line that fits counts.
grep -q "^local alpr alpr peer map=alpr$" "$settings/pg_hba.conf" ||
    sed -i "1i local alpr alpr peer map=alpr" "$settings/pg_hba.conf"
pg_ctlcluster "$version" main reload
ask() { runuser -u postgres -- psql --quiet --tuples-only --no-align --command "$1"; }
[ -n "$(ask "SELECT 1 FROM pg_roles WHERE rolname = 'alpr'")" ] || ask "CREATE ROLE alpr LOGIN"
[ -n "$(ask "SELECT 1 FROM pg_database WHERE datname = 'alpr'")" ] || ask "CREATE DATABASE alpr OWNER alpr"
echo "database: ready at postgresql://alpr@/alpr?host=/run/postgresql"
