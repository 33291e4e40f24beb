#!/bin/sh
# Makes reports/example again: a full run of all designs and a sweep of the depth, without the histories, which are large.
set -eu
cd "$(dirname "$0")/.."
stanchion=${CARGO_TARGET_DIR:-target}/release/stanchion
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$stanchion" run --redis local --out "$folder/run"
"$stanchion" sweep --depth 100..100000 --budget 2s --redis local --out "$folder/run"
"$stanchion" report "$folder/run" >/dev/null
mkdir -p reports/example
find reports/example -type f ! -name README.md -exec rm {} +
find "$folder/run" -maxdepth 1 -type f -exec cp {} reports/example/ \;
echo "reports/example is made again: look at it before you commit it" >&2
