#!/bin/sh
# Builds the image stanchion/redis:local from Debian's packages, for machines where no registry can be reached.
# About 20 s, 160 MB. Skipped when the image is there. The mirror is Debian's own; DEBIAN_MIRROR names another.
set -eu
cd "$(dirname "$0")/.."
image=stanchion/redis:local
suite=bookworm

if ! docker version >/dev/null 2>&1; then
    echo "no Docker engine answers (try \`docker version\`): start one, or run on a local server instead" >&2
    exit 1
fi
if docker image inspect "$image" >/dev/null 2>&1; then
    echo "the image $image is here already" >&2
    exit 0
fi

scripts/install.sh mmdebstrap
# Without root, mmdebstrap uses user namespaces, which some systems forbid.
sudo=""
if [ "$(id -u)" -ne 0 ] && command -v sudo >/dev/null 2>&1; then sudo=sudo; fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "building $image from Debian $suite" >&2
# An unset mirror is no argument at all, so that mmdebstrap takes its own default.
$sudo mmdebstrap --quiet --variant=essential --include=redis-server,redis-tools \
    "$suite" "$folder/root.tar" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"}
# Ready to be used by hand, too: docker run -p 127.0.0.1:6379:6379 stanchion/redis:local
docker import \
    --change 'CMD ["redis-server", "--save", "", "--appendonly", "no", "--bind", "0.0.0.0", "--protected-mode", "no"]' \
    --change 'EXPOSE 6379' "$folder/root.tar" "$image" >/dev/null
echo "built $image" >&2
