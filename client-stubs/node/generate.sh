#!/usr/bin/env bash
# Makes src/gen from the project's protos, below the folder $1. ts-proto 1 rather than 2: its codec
# is protobufjs's, which grpc-js has anyway, and takes half the time for a publish.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${1:?usage: generate.sh OUT}
mkdir -p "$out"
out=$(cd "$out" && pwd)
tools=${SIDECAR_STUB_TOOLS:-$root/build/stub-tools}/node
mkdir -p "$tools"

cp "$here/tools/generate/"{package.json,package-lock.json,.npmrc} "$tools/"
if ! cmp -s "$tools/package-lock.json" "$tools/installed-lock.json"; then
  rm -f "$tools/installed-lock.json"
  (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --silent >&2)
  cp "$tools/package-lock.json" "$tools/installed-lock.json"
fi

cat >"$tools/buf.gen.yaml" <<END
version: v2
inputs:
  - directory: $root/proto
plugins:
  - local: [node, $tools/node_modules/ts-proto/protoc-gen-ts_proto]
    out: $out/src/gen
    opt:
      - env=node
      - esModuleInterop=true
      - forceLong=long
      - oneof=unions
      - outputJsonMethods=false
      - outputServices=grpc-js
      - useDate=false
END

rm -rf "$out/src/gen"
cd "$tools"
./node_modules/.bin/buf generate --template buf.gen.yaml --include-imports \
  --path "$root/proto/amqp_sidecar/v1" --path "$root/proto/google/rpc"
