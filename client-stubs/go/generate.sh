#!/usr/bin/env bash
# Makes the generated package below the folder OUT, in the layout that it has in this module.
# Every tool is pinned, and kept in a folder of its own: protoc is the one of grpcio-tools, for Go has
# none in its registry.
set -euo pipefail

readonly PROTOC=1.72.1 # of grpcio-tools, as for Python
readonly GEN_GO=v1.33.0
readonly GEN_GO_GRPC=v1.3.0

[ $# -eq 1 ] || { echo "usage: generate.sh OUT" >&2; exit 64; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
tools=${SIDECAR_STUB_TOOLS:-$root/build/stub-tools}/go
ready=$tools/ready-$PROTOC-$GEN_GO-$GEN_GO_GRPC

if [ ! -e "$ready" ]; then
  mkdir -p "$tools"
  python3 -m venv "$tools/venv"
  "$tools/venv/bin/python" -m pip install --quiet --only-binary :all: \
    "grpcio-tools==$PROTOC" "setuptools<81"
  # Outside of any module, and never with another toolchain than the one that is here.
  (cd "$tools" && export GOBIN=$tools/bin GOTOOLCHAIN=local GOFLAGS=-mod=mod &&
    go install "google.golang.org/protobuf/cmd/protoc-gen-go@$GEN_GO" &&
    go install "google.golang.org/grpc/cmd/protoc-gen-go-grpc@$GEN_GO_GRPC")
  touch "$ready"
fi

cd "$root/proto"
"$tools/venv/bin/python" -m grpc_tools.protoc -I . \
  --plugin="protoc-gen-go=$tools/bin/protoc-gen-go" \
  --plugin="protoc-gen-go-grpc=$tools/bin/protoc-gen-go-grpc" \
  --go_out="$out" --go_opt=module=amqp-sidecar.dev/client \
  --go-grpc_out="$out" --go-grpc_opt=module=amqp-sidecar.dev/client \
  amqp_sidecar/v1/*.proto
