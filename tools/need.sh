#!/bin/sh
# need.sh PACKAGE PATH... - install a Debian package unless one of the paths (or
# commands) is there. Where it may not install, it says what is missing.
set -eu
package=$1
shift
for found in "$@"; do
	if [ -e "$found" ] || command -v "$found" >/dev/null 2>&1; then exit 0; fi
done

if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	as_root=sudo
else
	echo "$package is missing and needs root to install: apt-get install $package" >&2
	exit 1
fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "$package is missing, and there is no apt-get to install it with: install it by hand" >&2
	exit 1
fi
echo "installing $package"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for try in install update-first; do
	[ $try = install ] || $as_root apt-get update -q >"$log" 2>&1 || true
	if $as_root apt-get install -y -q --no-install-recommends "$package" >"$log" 2>&1; then exit 0; fi
done
cat "$log" >&2
exit 1
