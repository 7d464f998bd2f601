#!/usr/bin/env bash
# What is done with this package by those who change it. The tests and the bench run against a sidecar:
# tests/stubs/run.sh sets the environment that they need.
set -euo pipefail

usage() {
  cat <<'END'
usage: dev.sh setup | lint | test | crosstalk ARGUMENT... | bench ARGUMENT...
  setup   fetches what go.sum pins, and the linter, and builds all; exits 77 where Go is missing
  lint    gofmt, go vet, staticcheck
  test    all tests, with the race detector where there is a C compiler
Environment: SIDECAR_STUB_BUILD  where programs and tools go; by default build/stubs/go of the project
END
}

cd "$(dirname "${BASH_SOURCE[0]}")"
build=${SIDECAR_STUB_BUILD:-$PWD/../../build/stubs/go}
# Never another toolchain than the one that is here.
export GOTOOLCHAIN=local
modules=(. oteltrace tests)

minor() {
  go env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p'
}

# Each version of the linter knows the compilers of its time only.
staticcheck_version() {
  if [ "$(minor)" -ge 26 ]; then
    echo v0.8.2
  elif [ "$(minor)" -ge 25 ]; then
    echo v0.7.0
  elif [ "$(minor)" -ge 23 ]; then
    echo v0.6.1
  else
    echo v0.4.7
  fi
}

staticcheck() {
  echo "$build/tools/$(go env GOVERSION)-$(staticcheck_version)"
}

race() {
  if [ "$(go env CGO_ENABLED)" = 1 ] && command -v "$(go env CC)" >/dev/null; then
    echo -race
  else
    echo "without the race detector: there is no C compiler" >&2
  fi
}

setup() {
  if ! command -v go >/dev/null || [ "$(minor)" -lt 19 ]; then
    echo "needs: Go 1.19 or newer"
    exit 77
  fi
  local module
  for module in "${modules[@]}"; do
    (cd "$module" && go mod download && go build ./...)
  done
  mkdir -p "$build/bin"
  local name
  for name in bench crosstalk; do
    (cd tests && go build -o "$build/bin/$name" "./cmd/$name")
  done
  (cd tests && go vet ./... && go test $(race) -c -o /dev/null .)
  if [ ! -x "$(staticcheck)/staticcheck" ]; then
    (cd "$build" && GOBIN=$(staticcheck) GOFLAGS=-mod=mod \
      go install "honnef.co/go/tools/cmd/staticcheck@$(staticcheck_version)")
  fi
}

lint() {
  local module unformatted
  unformatted=$(gofmt -l .)
  [ -z "$unformatted" ] || { echo "not as gofmt has it: $unformatted"; exit 1; }
  for module in "${modules[@]}"; do
    (cd "$module" && go vet ./... && "$(staticcheck)/staticcheck" ./...)
  done
}

run_tests() {
  local module
  for module in "${modules[@]}"; do
    (cd "$module" && go test -count=1 $(race) ./...)
  done
}

case ${1:-} in
  setup) setup ;;
  lint) lint ;;
  test) run_tests ;;
  crosstalk | bench) exec "$build/bin/$1" "${@:2}" ;;
  *) usage >&2; exit 64 ;;
esac
