#!/usr/bin/env bash
# Builds the programs of the test stack from Go modules, without a container engine, into ${GATE_STACK:-~/.cache/gate-stack}/bin.
#
#   tests/stack/build.sh [otelcol|jaeger|prometheus ...]            build what is not there or out of date (default: all three); print the paths
#   tests/stack/build.sh --update [otelcol|jaeger|prometheus ...]   resolve dependencies anew, build, write modules/*/go.{mod,sum}
#
# A plain build changes no version and checks every hash: it runs with -mod=readonly on the committed go.mod and go.sum. Beside
# each program a .digest file says what it was built from, so that a change of versions or of the manifest builds it again.
# The first build of all three takes about a quarter of an hour on two cores and needs 4 GB of disk for Go's caches.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifest=$here/../../deploy/otel-collector/builder.yaml
stack=${GATE_STACK:-${HOME:?}/.cache/gate-stack}
builder_version=v0.152.0 # the version of the parts named in the manifest

fail() {
  echo "tests/stack/build.sh: $*" >&2
  exit 1
}

update=0
if [ "${1:-}" = --update ]; then
  update=1
  shift
fi
[ $# -gt 0 ] || set -- otelcol jaeger prometheus
for program; do
  case $program in otelcol | jaeger | prometheus) ;; *) fail "no program called '$program' (otelcol, jaeger, prometheus)" ;; esac
done

mkdir -p "$stack/bin" "$stack/src"
if command -v flock >/dev/null; then # two runs at once would write the same files
  exec 9>"$stack/lock"
  flock 9
fi

# Go is looked for only when something has to be built.
need_go() {
  command -v go >/dev/null || fail "Go is not installed and $stack/bin lacks a program. Install Go 1.26 or newer (https://go.dev/dl/), or start a Docker engine."
  local version
  version=$(go env GOVERSION)
  [ "$(printf 'go1.26\n%s\n' "$version" | sort -V | head -n 1)" = go1.26 ] || fail "Go 1.26 or newer is needed, this is $version (https://go.dev/dl/)."
}

go_build() { # output packages...
  local output=$1 mode=readonly
  shift
  [ $update = 0 ] || mode=mod
  CGO_ENABLED=0 GOFLAGS= GOWORK=off go build -mod=$mode -buildvcs=false -trimpath -ldflags '-s -w' -o "$output" "$@"
}

# One directory per program, outside the checkout: modules/<program> plus, for the Collector, the generated sources.
fresh_source() { # program
  rm -rf "${stack:?}/src/$1"
  mkdir -p "$stack/src/$1"
  cp "$here/modules/$1/go.mod" "$here/modules/$1/go.sum" "$stack/src/$1/"
}

keep_modules() { # program directory
  [ $update = 1 ] || return 0
  cp "$2/go.mod" "$2/go.sum" "$here/modules/$1/"
}

build_otelcol() {
  # Only generate: left to itself the builder runs `go mod tidy`, which also wants what tests of dependencies import.
  [ -x "$stack/bin/builder" ] ||
    GOBIN=$stack/bin CGO_ENABLED=0 GOFLAGS= go install "go.opentelemetry.io/collector/cmd/builder@$builder_version"
  fresh_source otelcol
  local source=$stack/src/otelcol/generated
  cp "$manifest" "$stack/src/otelcol/builder.yaml"
  (cd "$stack/src/otelcol" && "$stack/bin/builder" --config builder.yaml --skip-get-modules --skip-compilation)
  mv "$stack/src/otelcol/go.sum" "$source/go.sum"
  [ $update = 1 ] || mv "$stack/src/otelcol/go.mod" "$source/go.mod"
  (cd "$source" && go_build "$stack/bin/otelcol.new" .) ||
    fail "the Collector did not build. If the manifest has changed, run: tests/stack/build.sh --update otelcol"
  mv "$stack/bin/otelcol.new" "$stack/bin/otelcol" # in one step: tests of another checkout may be starting it
  keep_modules otelcol "$source"
}

build_jaeger() {
  fresh_source jaeger
  (cd "$stack/src/jaeger" && go_build "$stack/bin/" github.com/jaegertracing/jaeger/cmd/jaeger)
  keep_modules jaeger "$stack/src/jaeger"
}

build_prometheus() {
  fresh_source prometheus
  (cd "$stack/src/prometheus" && go_build "$stack/bin/" \
    github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool)
  keep_modules prometheus "$stack/src/prometheus"
}

digest() { # program: of what it is built from
  local files=("$here/modules/$1/go.mod" "$here/modules/$1/go.sum")
  [ "$1" != otelcol ] || files+=("$manifest")
  if command -v sha256sum >/dev/null; then cat "${files[@]}" | sha256sum; else cat "${files[@]}" | shasum -a 256; fi | cut -d ' ' -f 1
}

complete() { # program
  [ -x "$stack/bin/$1" ] && { [ "$1" != prometheus ] || [ -x "$stack/bin/promtool" ]; } &&
    [ "$(cat "$stack/bin/$1.digest" 2>/dev/null)" = "$(digest "$1")" ]
}

for program; do
  if [ $update = 1 ] || ! complete "$program"; then
    need_go
    echo "building $program from Go modules (the first time takes minutes) ..." >&2
    rm -f "$stack/bin/$program.digest"
    "build_$program" >&2
    digest "$program" >"$stack/bin/$program.digest"
  fi
  echo "$stack/bin/$program"
done
