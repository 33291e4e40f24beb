#!/bin/sh
# Installs what is missing, with the system's package manager, and says so first.
# usage: scripts/install.sh TOOL...
# TOOL is redis, cc, openssl, python3, pip, chromium or mmdebstrap. What is there already costs nothing and needs no rights.
set -eu

has() { command -v "$1" >/dev/null 2>&1; }

is_there() {
    case $1 in
        redis) has redis-server || has valkey-server ;;
        cc) has cc || has gcc || has clang ;;
        chromium) has chromium || has chromium-browser || has google-chrome ;;
        pip) has python3 && python3 -m pip --version >/dev/null 2>&1 ;;
        *) has "$1" ;;
    esac
}

manager() {
    for manager in apt-get dnf apk brew; do
        if has "$manager"; then echo "$manager"; return; fi
    done
}

# The package that holds a tool, by package manager. Some systems replaced Redis by Valkey.
package() {
    case $1/$2 in
        apt-get/redis) echo redis-server ;;
        dnf/redis) if dnf -q info redis >/dev/null 2>&1; then echo redis; else echo valkey; fi ;;
        apt-get/mmdebstrap) echo "mmdebstrap debian-archive-keyring" ;; # Ubuntu has no Debian keys by itself
        */redis) echo redis ;;
        brew/pip) echo python ;;
        apk/pip) echo py3-pip ;;
        */pip) echo python3-pip ;;
        apt-get/cc) echo "gcc libc6-dev" ;;
        apk/cc) echo "gcc musl-dev" ;;
        */cc) echo gcc ;;
        *) echo "$2" ;;
    esac
}

missing=""
for tool in "$@"; do
    is_there "$tool" || missing="$missing $tool"
done
[ -n "$missing" ] || exit 0

manager=$(manager)
if [ -z "$manager" ]; then
    echo "missing:$missing. No package manager known here (apt-get, dnf, apk, brew) was found: install it by hand." >&2
    exit 1
fi

packages=""
for tool in $missing; do
    packages="$packages $(package "$manager" "$tool")"
done

sudo=""
if [ "$manager" != brew ] && [ "$(id -u)" -ne 0 ]; then
    if ! has sudo; then
        echo "missing:$missing. Run as root: $manager install$packages" >&2
        exit 1
    fi
    sudo=sudo
fi

echo "missing:$missing. Installing with $manager:$packages" >&2
# The word splitting of $packages is meant: it is a list.
# shellcheck disable=SC2086
case $manager in
    apt-get)
        $sudo apt-get update -q >&2
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages >&2
        ;;
    dnf) $sudo dnf install -y -q $packages >&2 ;;
    apk) $sudo apk add --quiet $packages >&2 ;;
    brew) brew install --quiet $packages >&2 ;;
esac

for tool in $missing; do
    is_there "$tool" || { echo "$tool is still missing after$packages: is its folder on the PATH?" >&2; exit 1; }
done
case " $missing " in
    *" redis "*) echo "Some systems start the package's own Redis on port 6379; Stanchion does not use that one." >&2 ;;
esac
