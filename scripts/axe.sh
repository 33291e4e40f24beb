#!/bin/sh
# Puts axe-core 4.12.1, with which the tests ask whether pages can be used by everybody, into target/tools/axe.min.js.
# A package on PyPI carries it: no npm is needed, and nothing of it is committed. Needs python3 with pip.
set -eu
cd "$(dirname "$0")/.."

tools=${CARGO_TARGET_DIR:-target}/tools
package=axe-playwright-python==0.1.8
package_sha256=fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8
script_sha256=84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc

is_there() {
    python3 - "$tools/axe.min.js" "$script_sha256" <<'PY'
import hashlib, pathlib, sys
file = pathlib.Path(sys.argv[1])
sys.exit(not (file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sys.argv[2]))
PY
}

if is_there; then exit 0; fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "$package --hash=sha256:$package_sha256" >"$folder/wanted.txt"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    --dest "$folder" --requirement "$folder/wanted.txt" >&2
mkdir -p "$tools"
python3 - "$folder" "$tools/axe.min.js" <<'PY'
import pathlib, sys, zipfile
wheel = next(pathlib.Path(sys.argv[1]).glob("*.whl"))
# The folder of the package is the only one that holds it.
pathlib.Path(sys.argv[2]).write_bytes(zipfile.ZipFile(wheel).read("axe_playwright_python/axe.min.js"))
PY
is_there || { echo "the axe.min.js in $package is not the one that was pinned" >&2; exit 1; }
