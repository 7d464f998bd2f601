#!/usr/bin/env bash
# What the sidecar's own tests do with this stub. It is part of their CMake build, in the folder
# SIDECAR_CMAKE_BUILD (build/dev): this runs what was built there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'END'
usage: ./dev.sh STEP [ARGUMENT...]
  setup      builds what the others need
  lint       clang-format and clang-tidy, version 19
  test       the tests, by tests/stubs/world.py (SIDECAR_STUB_WORLD)
  crosstalk  publish FILE EXCHANGE KEY | consume QUEUE COUNT
  bench      publish|consume direct|stub --queue Q --messages N --body BYTES --window W --amqp URI
END
}

build=${SIDECAR_CMAKE_BUILD:-$PWD/../../build/dev}
targets=(client_cpp_test client_cpp_crosstalk client_cpp_publish client_cpp_bulk_publish
  client_cpp_topology client_cpp_worker)

case ${1:-} in
  setup)
    for tool in cmake protoc grpc_cpp_plugin clang-format-19 clang-tidy-19; do
      command -v "$tool" >/dev/null || { echo "needs: $tool"; exit 77; }
    done
    exec cmake --build "$build" --target "${targets[@]}" --parallel "$(nproc)"
    ;;
  lint)
    mapfile -t files < <(find include src tests examples -name '*.h' -o -name '*.cc' | sort)
    clang-format-19 --dry-run -Werror "${files[@]}"
    # All sources as one, so that gRPC's headers are read once. Examples and tests have the
    # compiler's warnings.
    one=$build/client-stubs/cpp/all_sources.cc
    for file in src/*.cc; do echo "#include \"$PWD/$file\""; done >"$one"
    clang-tidy-19 --quiet --config-file=.clang-tidy "$one" -- \
      -std=c++20 -Iinclude -Isrc -isystem "$build/proto/gen"
    ;;
  test) exec "$build/bin/client_cpp_test" ;;
  crosstalk) shift; exec "$build/bin/client_cpp_crosstalk" "$@" ;;
  bench)
    shift
    [ -x "$build/bin/client_cpp_bench" ] ||
      cmake --build "$build" --target client_cpp_bench --parallel "$(nproc)" >&2
    exec "$build/bin/client_cpp_bench" "$@"
    ;;
  *) usage >&2; exit 64 ;;
esac
