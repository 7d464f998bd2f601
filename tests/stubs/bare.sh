#!/usr/bin/env bash
# The commands of client-stubs/README.md, for a language without a stub: by buf, and in the long form
# (SIDECAR_DRILLS=long) by grpcurl too, which takes minutes to compile. Usage: bare.sh BUILD
set -euo pipefail

build=$(realpath -m "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$build/stubs/tools/bare
buf=1.47.2
mkdir -p "$tools"

skip() {
  echo "stub skipped: bare gRPC: $1"
  [ "${CI:-}" != true ] || { echo "in CI it must run"; exit 1; }
  exit 77
}

command -v npm >/dev/null || skip "needs npm, for buf"
if [ "$("$tools/node_modules/.bin/buf" --version 2>/dev/null)" != "$buf" ]; then
  npm install --silent --no-audit --no-fund --prefix "$tools" "@bufbuild/buf@$buf"
fi
if [ "${SIDECAR_DRILLS:-}" = long ] && [ ! -x "$tools/grpcurl" ]; then
  command -v go >/dev/null || skip "needs Go, for grpcurl"
  # The newest that Go 1.19 compiles.
  grpcurl=v1.8.9
  [ "$(go env GOVERSION | sed -E 's/^go1\.([0-9]+).*/\1/')" -lt 21 ] || grpcurl=v1.9.1
  GOBIN=$tools GOTOOLCHAIN=local go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$grpcurl"
fi
PATH=$tools:$tools/node_modules/.bin:$PATH exec "$root/tests/lint/run_docs.sh" "$root" \
  "$build/bin/amqp-sidecar" "$build/rabbitmq/stubs" "$root/client-stubs/README.md"
