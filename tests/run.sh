#!/usr/bin/env bash
# The one test command: installs what is missing, builds, runs everything through CTest.
# Starts its own private RabbitMQ node and takes it away again, also when interrupted.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/dev

if [ "${1:-}" = -h ] || [ "${1:-}" = --help ]; then
  cat <<'END'
usage: tests/run.sh [--long] [CTEST ARGUMENT]...
  tests/run.sh                     everything, the drills in their short form (minutes)
  tests/run.sh --long              the drills in their long form (about an hour), and nothing else
                                   unless arguments choose
  tests/run.sh -L unit             only the tests with this label: unit, suite, simulation,
                                   integration, page, drill, deploy, fuzz, lint, stub
  tests/run.sh -R subscribe        only the tests whose name matches
  tests/run.sh --long -R 'row 18'  one drill in its long form
The drills' figures are printed at the end, a line each.
END
  exit 0
fi

if [ "${1:-}" = --long ]; then
  shift
  export SIDECAR_DRILLS=long
  [ $# -gt 0 ] || set -- -L drill
fi

# Where the tests make their folders: short, for the sockets in them, and gone with the run.
TMPDIR=$(mktemp -d /tmp/sidecar-tests.XXXXXX)
export TMPDIR

child=
# Ends what runs: politely, then not. Its own process group, so that tests and daemons go with it.
stop_child() {
  [ -n "$child" ] || return 0
  kill -TERM -- "-$child" 2>/dev/null || true
  for _ in $(seq 50); do
    kill -0 -- "-$child" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL -- "-$child" 2>/dev/null || true
  child=
}

# CTest's clean-up fixtures do this too, but do not run when CTest is interrupted.
stop_nodes() {
  local node
  for node in "$build"/rabbitmq/*/; do
    [ ! -d "$node" ] || "$root/tests/support/rabbitmq_node.sh" stop "$node" || true
  done
  [ ! -d "$build/quickstart" ] ||
    "$root/deploy/quickstart.sh" --stop --data "$build/quickstart" >/dev/null || true
}

clean_up() {
  trap '' INT TERM HUP
  stop_child
  stop_nodes
  rm -rf "$TMPDIR"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs in the background, for a trap waits until a foreground command is done.
run() {
  set -m
  "$@" </dev/null &
  child=$!
  set +m
  local status=0
  wait "$child" || status=$?
  child=
  return "$status"
}

# What was not run, and why: a skipped test is easily overlooked.
tell_skipped() {
  local log=$build/Testing/Temporary/LastTest.log
  sed -n 's/^stub skipped: /  the stub of /p; s/^drill skipped: /  a drill: /p
    s/^deploy skipped: /  of deploy: /p' "$log" | sort -u >"$TMPDIR/skipped"
  [ ! -s "$TMPDIR/skipped" ] || {
    echo "NOT RUN, $(wc -l <"$TMPDIR/skipped") in all:"
    cat "$TMPDIR/skipped"
  }
}

"$root/deploy/install-deps.sh" build broker test deploy page stubs
run cmake -S "$root" --preset dev
# The stubs fetch what they need while the daemon is compiled, one more at a time for that.
run cmake --build "$build" --target all stub-setups --parallel "$(($(nproc) + 1))"
status=0
# Two at a time: most wait more than they work. What measures runs by itself (RUN_SERIAL).
run ctest --test-dir "$build" --output-on-failure --parallel 2 "$@" || status=$?
results=$build/Testing/Temporary
grep -h '^figure: ' "$results/LastTest.log" || true

# Drills measure time, on machines that may have other things to do: one that missed a time gets a
# second try, in plain sight. One that lost, lied, invented, damaged or left a call without an
# answer does not, nor does any other test.
if [ "$status" -ne 0 ] && [ -s "$results/LastTestsFailed.log" ] &&
  ! grep -vq ':drill/' "$results/LastTestsFailed.log" &&
  ! grep -Eq 'verdict\.(lost|lied|invented|damaged|unanswered) == 0' "$results/LastTest.log"; then
  echo "SECOND TRY of the drills that failed:"
  sed 's/^/  /' "$results/LastTestsFailed.log"
  status=0
  run ctest --test-dir "$build" --output-on-failure --rerun-failed || status=$?
  grep -h '^figure: ' "$results/LastTest.log" || true
fi
tell_skipped
exit "$status"
