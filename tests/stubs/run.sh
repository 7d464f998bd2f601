#!/usr/bin/env bash
# One step of one stub's tests, with what it needs in the environment.
#   tests/stubs/run.sh LANGUAGE setup|lint|test|generated BUILD
# A language whose toolchain is not there or too old is skipped by name, with exit code 77; where
# CI=true that is a failure.
set -euo pipefail

language=$1 step=$2 build=$(realpath -m "$3")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export SIDECAR_STUB_BUILD=$build/stubs/$language
export SIDECAR_STUB_TOOLS=$build/stubs/tools
export SIDECAR_STUB_WORLD=$root/tests/stubs/world.py
export SIDECAR_BINARY=$build/bin/amqp-sidecar
export SIDECAR_CMAKE_BUILD=$build
export RABBITMQ_NODE_DIR=$build/rabbitmq/stubs
unset AMQP_SIDECAR_ADDR AMQP_SIDECAR_CONFIG
mkdir -p "$SIDECAR_STUB_BUILD"
skipped=$SIDECAR_STUB_BUILD/skipped

skip() {
  echo "stub skipped: $language: $1"
  [ "${CI:-}" != true ] || { echo "in CI every language must run"; exit 1; }
  exit 77
}

if [ "$step" = setup ]; then
  rm -f "$skipped"
  status=0
  "$root/client-stubs/$language/dev.sh" setup >"$SIDECAR_STUB_BUILD/setup.log" 2>&1 || status=$?
  if [ "$status" -eq 77 ]; then
    sed -n 's/^needs: /needs /p' "$SIDECAR_STUB_BUILD/setup.log" | head -n 1 >"$skipped"
    skip "$(cat "$skipped")"
  fi
  [ "$status" -eq 0 ] || tail -n 100 "$SIDECAR_STUB_BUILD/setup.log"
  exit "$status"
fi

[ ! -e "$skipped" ] || skip "$(cat "$skipped")"
if [ "$step" = generated ]; then
  exec "$root/client-stubs/generate.sh" --check "$language"
fi
cd "$root/client-stubs/$language"
status=0
./dev.sh "$step" || status=$?
[ "$status" -eq 0 ] || echo "the $language stub failed: $step"
exit "$status"
