#!/usr/bin/env bash
# Makes the generated code of this package from proto/: generate.sh OUT writes it below OUT, in the
# layout of the package (amqp_sidecar/v1). The tools come from PyPI, pinned, into a folder of their
# own: $SIDECAR_STUB_TOOLS/python, or build/stub-tools/python.
set -euo pipefail

# The protoc of grpcio-tools decides which protobuf and grpcio the package needs at least: see
# pyproject.toml.
pins=(grpcio-tools==1.72.1 grpcio==1.72.1 protobuf==6.31.1 mypy-protobuf==3.6.0
  types-protobuf==6.30.2.20250703 setuptools==80.9.0)

out=${1:?usage: generate.sh OUT}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tools=${SIDECAR_STUB_TOOLS:-$root/build/stub-tools}/python

if [ "$(cat "$tools/pins" 2>/dev/null)" != "${pins[*]}" ]; then
  rm -rf "$tools"
  mkdir -p "$(dirname "$tools")"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "${pins[@]}"
  echo "${pins[*]}" >"$tools/pins"
fi

mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -rf "$out/amqp_sidecar/v1"
cd "$root/proto"
PATH="$tools/bin:$PATH" "$tools/bin/python" -m grpc_tools.protoc -I . \
  --python_out="$out" --grpc_python_out="$out" --mypy_out=quiet:"$out" --mypy_grpc_out=quiet:"$out" \
  amqp_sidecar/v1/*.proto

# Files without a service have no client code.
for service in "$out"/amqp_sidecar/v1/*_pb2_grpc.py; do
  grep -q '^class ' "$service" || rm -f "$service" "${service}i"
done
echo '"""Generated from proto/amqp_sidecar/v1 by generate.sh: the API as it is on the wire."""' \
  >"$out/amqp_sidecar/v1/__init__.py"
