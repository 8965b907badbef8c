#!/usr/bin/env bash
# Brings what the Kubernetes and Compose tests need into ${GATE_STACK:-~/.cache/gate-stack}, from Go modules:
#
#   bin/helm                     built (about two minutes on two idle cores the first time)
#   schemas/*.yaml               the definitions of PodMonitor, ServiceMonitor and PrometheusRule, out of the Prometheus Operator's module
#   schemas/compose-spec.json    the schema of Compose files, out of the Compose specification's Go library
#
#   tests/stack/build_kubernetes.sh [helm|schemas ...]     default: both; prints the paths
#
# Versions are fixed here and Go checks every module against its checksum database. Schemas are only unpacked, nothing is compiled.
set -euo pipefail

stack=${GATE_STACK:-${HOME:?}/.cache/gate-stack}
helm_version=v4.3.1
operator=github.com/prometheus-operator/prometheus-operator@v0.85.0
compose=github.com/compose-spec/compose-go/v2@v2.16.2

fail() {
  echo "tests/stack/build_kubernetes.sh: $*" >&2
  exit 1
}

[ $# -gt 0 ] || set -- helm schemas
for part; do
  case $part in helm | schemas) ;; *) fail "nothing called '$part' (helm, schemas)" ;; esac
done

mkdir -p "$stack/bin" "$stack/schemas"
if command -v flock >/dev/null; then # two runs at once would write the same files; a lock of its own, the other script's takes long
  exec 9>"$stack/lock-kubernetes"
  flock 9
fi

need_go() {
  command -v go >/dev/null || fail "Go is not installed and $stack lacks $1. Install Go 1.26 or newer (https://go.dev/dl/)."
}

make_helm() {
  [ -x "$stack/bin/helm-$helm_version" ] && return
  need_go bin/helm
  echo "building helm $helm_version from Go modules ..." >&2
  local new=$stack/helm-new
  GOBIN=$new CGO_ENABLED=0 GOFLAGS='' GOWORK=off go install -trimpath -ldflags '-s -w' "helm.sh/helm/v4/cmd/helm@$helm_version" >&2
  mv "$new/helm" "$stack/bin/helm-$helm_version"
  rmdir "$new"
}

# Where a module's files are, after a download if need be.
unpacked() { # module
  (cd "$stack" && GOFLAGS=-modcacherw GOWORK=off go mod download -json "$1") | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'
}

make_schemas() {
  local from complete=$stack/schemas/complete wanted="$operator $compose"
  [ "$(cat "$complete" 2>/dev/null)" = "$wanted" ] && return
  need_go schemas
  from=$(unpacked "$operator")
  for kind in podmonitors servicemonitors prometheusrules; do
    install -m 644 "$from/example/prometheus-operator-crd/monitoring.coreos.com_$kind.yaml" "$stack/schemas/$kind.yaml"
  done
  from=$(unpacked "$compose")
  install -m 644 "$from/schema/compose-spec.json" "$stack/schemas/compose-spec.json"
  echo "$wanted" >"$complete"
}

for part; do
  "make_$part"
  case $part in
    helm)
      ln -sf "helm-$helm_version" "$stack/bin/helm"
      echo "$stack/bin/helm"
      ;;
    schemas) echo "$stack/schemas" ;;
  esac
done
