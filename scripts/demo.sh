#!/bin/sh
# Runs the scenarios and says where the run folder is, whatever the verdict. Arguments go to `stanchion run`.
set -eu
cd "$(dirname "$0")/.."
folder=reports/demo-$(date -u +%Y%m%dT%H%M%SZ)
status=0
"${CARGO_TARGET_DIR:-target}/release/stanchion" run --out "$folder" "$@" || status=$?
if [ -d "$folder" ]; then echo "run folder: $folder (here, stanchion is ${CARGO_TARGET_DIR:-target}/release/stanchion)" >&2; fi
exit "$status"
