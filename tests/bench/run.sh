#!/usr/bin/env bash
# The benchmark, from the sources to docs/performance.md and docs/performance.svg.
set -euo pipefail

usage() {
  cat <<'END_OF_USAGE'
usage: tests/bench/run.sh [--quick] [OPTION...]
  Builds bench as it is shipped (preset release), runs it, and writes the tables of
  docs/performance.md and the picture beside it: about twenty minutes.
  --quick  two minutes' worth; prints, and writes nothing into docs
  OPTION   of bench, such as --parts pairs,schema or --rounds 9
Environment: AMQP_URI  a broker that runs; without it a private node, whose CPU is measured too
             FIGURES   where the raw figures go (build/release/bench.json)
END_OF_USAGE
}

quick=no
case ${1:-} in
  --quick) quick=yes; shift ;;
  -h | --help) usage; exit 0 ;;
esac

cd "$(dirname "$0")/../.."
cmake --preset release >/dev/null
cmake --build build/release --target bench
# The figures name the daemon by the beginning of its SHA-256: a binary that was put in its place by
# hand is up to date for the build.
echo "sources $(git describe --always --dirty 2>/dev/null || echo unknown)," \
  "daemon $(sha256sum build/release/bin/amqp-sidecar | cut -c1-12)" >&2

# Where the private node and the sidecar live: short, for the socket, and gone with the run, also
# with one that is interrupted.
TMPDIR=$(mktemp -d /tmp/sidecar-bench.XXXXXX)
export TMPDIR
clean_up() {
  local node
  for node in "$TMPDIR"/*/rabbitmq/; do
    [ ! -d "$node" ] || tests/support/rabbitmq_node.sh stop "$node" || true
  done
  rm -rf "$TMPDIR"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

figures=${FIGURES:-build/release/bench.json}
options=()
if [ "$quick" = yes ]; then
  options=(--rounds 2 --piece-seconds 0.1 --bodies 256,65536 --latency-messages 100
           --idle-calls 3 --clients 50 --client-seconds 2 --beside-rounds 1 --beside-seconds 1)
fi
build/release/bin/bench --json "$figures" "${options[@]}" "$@"

if [ "$quick" = yes ]; then
  tests/bench/report.py "$figures" --markdown "$TMPDIR/tables.md" >/dev/null
  cat "$TMPDIR/tables.md"
else
  tests/bench/report.py "$figures" --markdown docs/performance.md --svg docs/performance.svg
fi
