#!/bin/sh
# Makes sure that `--redis auto` finds a Redis: the server named in STANCHION_REDIS_URL, else a container, else
# redis-server or valkey-server on the PATH, which is installed if need be. Prints which one it will be.
set -eu
cd "$(dirname "$0")/.."
default_image=redis:7-alpine
local_image=stanchion/redis:local

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# A registry behind a firewall that drops packets would hold us up for minutes.
bounded() { if command -v timeout >/dev/null 2>&1; then timeout 120 "$@"; else "$@"; fi; }

if [ -n "${STANCHION_REDIS_URL:-}" ]; then
    echo "Redis: the server that STANCHION_REDIS_URL names" >&2
    exit 0
fi

if docker version >/dev/null 2>&1; then
    for image in $default_image $local_image; do
        if has_image "$image"; then
            echo "Redis: a container from the image $image, which is here" >&2
            exit 0
        fi
    done
    echo "Redis: a Docker engine answers; pulling $default_image" >&2
    if bounded docker pull --quiet "$default_image" >/dev/null; then
        exit 0
    fi
    echo "Redis: the image cannot be pulled (\`make redis-image\` builds one from Debian's packages)" >&2
fi

scripts/install.sh redis
echo "Redis: a local server, $(command -v redis-server || command -v valkey-server)" >&2
