#!/usr/bin/env bash
# Sets up, lints and tests this package: dev.sh setup|lint|test|crosstalk|bench [ARGUMENT...]
# The virtual environment and all caches are in $SIDECAR_STUB_BUILD. test needs SIDECAR_STUB_WORLD
# and what that needs: see tests/stubs/world.py.
set -euo pipefail
cd "$(dirname "$0")"

build=${SIDECAR_STUB_BUILD:-$PWD/../../build/stubs/python}
mkdir -p "$build"
build=$(cd "$build" && pwd)
venv=$build/python-venv
export PYTHONPATH=$PWD PYTHONPYCACHEPREFIX=$build/pycache PYTHONUNBUFFERED=1
export MYPY_CACHE_DIR=$build/mypy RUFF_CACHE_DIR=$build/ruff

needs() {
  echo "needs: $*"
  exit 77
}

setup() {
  local python=${PYTHON:-python3}
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    needs "Python 3.11 or newer (python3)"
  "$python" -c 'import ensurepip, venv' 2>/dev/null || needs "Python's venv (python3-venv)"
  if ! cmp -s tools/requirements.txt "$venv/installed"; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tools/requirements.txt
    cp tools/requirements.txt "$venv/installed"
  fi
}

lint() {
  "$venv/bin/ruff" format --check .
  "$venv/bin/ruff" check .
  "$venv/bin/mypy"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
  setup) setup ;;
  lint) lint ;;
  test) exec "$venv/bin/python" -m pytest -p no:cacheprovider -q "$@" ;;
  crosstalk | bench) exec "$venv/bin/python" -m "tools.$verb" "$@" ;;
  *)
    echo "usage: dev.sh setup|lint|test|crosstalk|bench [ARGUMENT...]" >&2
    exit 64
    ;;
esac
