#!/bin/sh
# Takes the access log's signed heads and the sealed key backups off the machine, into a folder of
# another one that is mounted here (append-only there, if it can be). Safe to run again and again.
# Usage: offsite.sh DESTINATION [CITY-FOLDER]
set -eu

to=${1:-}
city=${2:-/var/lib/alpr-city}
if [ -z "$to" ] || [ ! -d "$to" ]; then
    echo "offsite: ${to:-nothing} is no folder. Fix: mount the other machine's folder and name it" >&2
    exit 2
fi
for key in recovery.key root.key kek; do
    if [ -e "$to/$key" ]; then
        echo "offsite: $to holds $key. Fix: keep keys and backups on different media" >&2
        exit 1
    fi
done
# The heads grow at their end alone: what is there already must be their beginning.
if [ -e "$to/log-heads" ]; then
    size=$(wc -c < "$to/log-heads")
    if ! head -c "$size" "$city/log-heads" | cmp -s - "$to/log-heads"; then
        echo "offsite: the heads here do not continue those in $to. Fix: alpr-city verify-log, and tell the auditor" >&2
        exit 1
    fi
    tail -c +"$((size + 1))" "$city/log-heads" >> "$to/log-heads"
else
    cp "$city/log-heads" "$to/log-heads"
fi
mkdir -p "$to/key-backups"
for backup in "$city"/key-backups/*.backup; do
    [ -e "$backup" ] || continue
    name=${backup##*/}
    [ -e "$to/key-backups/$name" ] || { cp "$backup" "$to/key-backups/.$name" && mv "$to/key-backups/.$name" "$to/key-backups/$name"; }
done
# A key backup lives 35 days, there as here: a purge would be undone otherwise.
find "$to/key-backups" -name '*.backup' -mtime +35 -delete
echo "offsite: heads and key backups are in $to"
