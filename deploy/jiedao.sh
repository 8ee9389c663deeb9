#!/bin/sh
# `jiedao` on this machine: its configuration, its user, the release in use.
set -a
JIEDAO_PREFIX="{prefix}"
. "{config}"
set +a
cd "{current}" || exit 1
case "$1" in
install | upgrade) exec "{python}" -m jiedao "$@" ;;
esac
if [ "$(id -u)" = 0 ] && [ "{user}" != root ]; then
	exec setpriv --reuid "{user}" --regid "{user}" --init-groups "{python}" -m jiedao "$@"
fi
exec "{python}" -m jiedao "$@"
