#!/usr/bin/env bash
# Unpacks Debian's redis-server, and the libraries of it that are not installed, into ${GATE_STACK:-~/.cache/gate-stack}/redis.
#
#   tests/stack/redis.sh     prints the path of the program
#
# Nothing is installed and no service is started: it needs no root, and the package's own scripts do not run.
set -euo pipefail

stack=${GATE_STACK:-${HOME:?}/.cache/gate-stack}
root=$stack/redis

fail() {
  echo "tests/stack/redis.sh: $*" >&2
  exit 1
}

for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || fail "$tool is not there: install redis-server or valkey-server, or start a Docker engine."
done

mkdir -p "$stack"
if command -v flock >/dev/null; then # two runs at once would write the same files
  exec 9>"$stack/redis.lock"
  flock 9
fi

if [ ! -x "$root/usr/bin/redis-server" ]; then
  work=$(mktemp -d "$stack/redis.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/root"
  # apt with directories of its own: its lists may be empty on a new machine, and only root may write there.
  own=(-o "Dir::State::lists=$work/lists" -o "Dir::Cache::archives=$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o Debug::NoLocking=1 -o APT::Sandbox::User=)
  apt-get "${own[@]}" -qq update >&2
  apt-get "${own[@]}" -qq --yes --no-install-recommends --download-only install redis-server >&2
  for package in "$work"/archives/*.deb; do
    dpkg-deb --extract "$package" "$work/root"
  done
  [ -x "$work/root/usr/bin/redis-server" ] || fail "the package redis-server has no usr/bin/redis-server"
  rm -rf "$root"
  mv "$work/root" "$root" # in one step: tests of another checkout may be starting it
fi
echo "$root/usr/bin/redis-server"
