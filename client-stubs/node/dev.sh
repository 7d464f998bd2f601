#!/usr/bin/env bash
# What the project's tests ask of this stub. Everything that is made goes to folders that git ignores.
#   dev.sh setup | lint | test [TEST_OPTION...] | crosstalk ARGS | bench ARGS
# Exits 77 where the toolchain is missing or too old, and says what it needs.
set -euo pipefail
cd "$(dirname "$0")"

needs() {
  echo "needs: node 18.19 or later, and npm 9 or later"
  exit 77
}

setup() {
  command -v node >/dev/null && command -v npm >/dev/null || needs
  node -e 'const [a, b] = process.versions.node.split(".").map(Number);
           process.exit(a > 18 || (a === 18 && b >= 19) ? 0 : 1)' || needs
  [ "$(npm --version | cut -d. -f1)" -ge 9 ] || needs
  local build=${SIDECAR_STUB_BUILD:-$PWD/build}
  if [ -n "${SIDECAR_STUB_BUILD:-}" ]; then
    export npm_config_cache=$build/npm-cache
  fi
  # npm knows no other place than node_modules; fetched again when the lock or node has changed.
  local stamp
  stamp=$(node --version; cat package-lock.json)
  if [ "$(cat node_modules/.installed 2>/dev/null)" != "$stamp" ]; then
    npm ci --ignore-scripts --no-audit --no-fund --silent
    printf '%s\n' "$stamp" >node_modules/.installed
  fi
  compile
}

compile() {
  rm -rf dist build/{src,tests,examples,dev}
  node_modules/.bin/tsc -p tsconfig.build.json
  node_modules/.bin/tsc -p tsconfig.json
}

case ${1:-} in
  setup)
    setup
    ;;
  lint)
    node_modules/.bin/tsc -p tsconfig.json --noEmit
    node_modules/.bin/eslint --max-warnings 0 .
    ;;
  test)
    shift
    # One after another: an alarm is the whole broker's.
    exec node --test --test-concurrency=1 --test-reporter=spec "$@" build/tests/*.test.js
    ;;
  crosstalk | bench)
    exec node "build/dev/$1.js" "${@:2}"
    ;;
  *)
    sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
    exit 64
    ;;
esac
