#!/usr/bin/env bash
# From a fresh Debian machine to messages that go through the sidecar and back: installs, builds,
# starts a private RabbitMQ node and the sidecar, and shows what an OK means, and what a refusal.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
data=$root/.data/quickstart
node=$root/tests/support/rabbitmq_node.sh

usage() {
  cat <<'END'
usage: deploy/quickstart.sh [--once] [--binary FILE] [--data DIR]
       deploy/quickstart.sh --stop [--data DIR]
  --once         stop everything at the end; exit 0 only if all of it happened
  --binary FILE  use this amqp-sidecar instead of building one
  --data DIR     keep everything in DIR (.data/quickstart); an earlier one there is stopped
  --stop         stop what an earlier quickstart left running
Environment: AMQP_URI=amqp://user:password@host:port/vhost uses that broker instead of a private
node; the quickstart's queue and exchange there go away by themselves after ten minutes.
END
}

once= stop_only= binary=
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=yes ;;
    --stop) stop_only=yes ;;
    --binary)
      [ $# -ge 2 ] || { usage >&2; exit 64; }
      binary=$(realpath "$2")
      shift
      ;;
    --data)
      [ $# -ge 2 ] || { usage >&2; exit 64; }
      data=$(realpath -m "$2")
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 64 ;;
  esac
  shift
done

step() { printf '\n== %s\n' "$*"; }
die() {
  printf '\nquickstart: %s\n' "$*" >&2
  exit 1
}

# A Unix socket's path has 107 bytes; a deep working copy leaves too few.
socket=$data/sidecar.sock
[ ${#socket} -le 100 ] ||
  socket=/tmp/amqp-sidecar-quickstart-$(printf %s "$data" | cksum | cut -d' ' -f1)/sidecar.sock

# A pid alone proves nothing after a reboot: the process must have been started for this folder.
sidecar_pid() {
  local pid
  pid=$(cat "$data/sidecar.pid" 2>/dev/null) || return 1
  [ -r "/proc/$pid/cmdline" ] && tr '\0' '\n' <"/proc/$pid/cmdline" |
    grep -qxF "$data/sidecar.yaml" && echo "$pid"
}

stop_all() {
  local pid
  if pid=$(sidecar_pid); then
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 150); do
      sidecar_pid >/dev/null || break
      sleep 0.1
    done
    ! sidecar_pid >/dev/null || kill -KILL "$pid"
  fi
  if [ -d "$data/rabbitmq" ]; then "$node" stop "$data/rabbitmq"; fi
  rm -rf "$data"
  [ "$socket" = "$data/sidecar.sock" ] || rm -rf "$(dirname "$socket")"
  rmdir "$root/.data" 2>/dev/null || true
}

if [ -n "$stop_only" ]; then
  stop_all
  echo "stopped"
  exit 0
fi

keep=
finish() {
  local status=$?
  trap '' INT TERM HUP
  if [ "$status" != 0 ] && [ -s "$data/sidecar.log" ]; then
    printf '\nThe last lines of the sidecar:\n' >&2
    tail -n 20 "$data/sidecar.log" >&2
  fi
  [ -n "$keep" ] || stop_all
}
stop_all
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

step "Packages"
groups=()
[ -n "$binary" ] || groups+=(build)
[ -n "${AMQP_URI:-}" ] || groups+=(broker)
[ ${#groups[@]} -eq 0 ] || "$root/deploy/install-deps.sh" "${groups[@]}"
echo "all there"

if [ -z "$binary" ]; then
  step "Build (a few minutes the first time)"
  # A build folder that a developer configured keeps its choice about the tests.
  without_tests=-DSIDECAR_TESTS=OFF
  [ ! -e "$root/build/release/CMakeCache.txt" ] || without_tests=
  (cd "$root" && cmake --preset release ${without_tests:+"$without_tests"} >/dev/null)
  cmake --build "$root/build/release" --target amqp-sidecar --parallel "$(nproc)"
  binary=$root/build/release/bin/amqp-sidecar
fi
began=$SECONDS

mkdir -p "$data" "$(dirname "$socket")"
if [ -n "${AMQP_URI:-}" ]; then
  step "RabbitMQ: yours, by AMQP_URI"
  uri=${AMQP_URI//,/%2C}  # a comma would part the list
else
  step "RabbitMQ: a private node on loopback"
  "$node" start "$data/rabbitmq"
  uri=amqp://guest@127.0.0.1:$(. "$data/rabbitmq/env" && echo "$RABBITMQ_PORT")/
  echo "listens on port $(. "$data/rabbitmq/env" && echo "$RABBITMQ_PORT")"
fi

step "The sidecar"
exchange=orders queue=billing leave_exchange= leave_queue=
if [ -n "${AMQP_URI:-}" ]; then
  # Names of this run's own, so that a broker of yours keeps what it has; and nothing stays there.
  exchange=quickstart.orders.$$ queue=quickstart.billing.$$
  leave_exchange=', auto_delete: true' leave_queue=', arguments: {x-expires: 600000}'
fi
cat >"$data/sidecar.yaml" <<END
grpc: {listen: ["unix://$socket"]}
admin: {listen: "127.0.0.1:0"}
topology:
  exchanges: [{name: $exchange, type: topic$leave_exchange}]
  queues: [{name: $queue$leave_queue}]
  bindings: [{queue: $queue, exchange: $exchange, routing_key: "order.*"}]
END
: >"$data/sidecar.out"
# The URI goes by the environment: it may hold a password.
env AMQP_SIDECAR_AMQP_URIS="$uri" setsid "$binary" run --config "$data/sidecar.yaml" \
  >"$data/sidecar.out" 2>"$data/sidecar.log" </dev/null &
echo $! >"$data/sidecar.pid"
for _ in $(seq 100); do
  grep -q '(admin)' "$data/sidecar.out" && break
  kill -0 "$(cat "$data/sidecar.pid")" 2>/dev/null || die "the sidecar ended"
  sleep 0.1
done
grep '^listening on' "$data/sidecar.out" || die "the sidecar is not ready after 10 s"
export AMQP_SIDECAR_ADDR=unix://$socket

# Shows a command as a person would type it, and runs it.
show() {
  local word
  printf '\n$ amqp-sidecar'
  for word; do
    case $word in
      *[!A-Za-z0-9_./:-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  "$binary" "$@"
}

step "Five orders, each confirmed by the broker before the command says so"
for order in 1 2 3 4 5; do
  show publish --exchange "$exchange" --routing-key order.created \
    --body "{\"order_id\":$order}" --timeout 30s || die "order $order was not published"
done

step "Received, and each acked after it was printed"
show subscribe --queue "$queue" --count 5 --json </dev/null | tee "$data/received" ||
  die "the orders did not come back"
for order in 1 2 3 4 5; do
  grep -qE "order_id[\\\\\"]*:$order\b" "$data/received" || die "order $order did not come back"
done

# Runs a publish that must be refused, and for this reason.
refused() {
  local reason=$1 status=0
  shift
  show "$@" 2>&1 | tee "$data/refused" || status=$?
  [ "$status" != 0 ] || die "this should have been refused"
  grep -q "^$reason" "$data/refused" || die "this should have been refused with $reason"
}

step "Refused: no binding routes it, so the broker would drop it without a word"
refused UNROUTABLE publish --exchange "$exchange" --routing-key invoice.created \
  --body '{"invoice_id":1}'

step "Refused: it says that it is JSON, and is not"
refused INVALID_BODY publish --exchange "$exchange" --routing-key order.created \
  --body '{"order_id":'

if [ -z "${AMQP_URI:-}" ]; then
  step "What the broker still holds: nothing, all was acked"
  "$node" ctl "$data/rabbitmq" list_queues name messages_ready messages_unacknowledged |
    tee "$data/queues"
  grep -qE "^$queue[[:space:]]+0[[:space:]]+0$" "$data/queues" || die "messages are left"
fi

printf '\nAll of it happened, in %d s.\n' $((SECONDS - began))
if [ -z "$once" ]; then
  keep=yes
  cat <<END

The sidecar and the broker run on. Try it yourself:
  export AMQP_SIDECAR_ADDR=unix://$socket
  export PATH=\$PATH:$(dirname "$binary")
  amqp-sidecar publish --exchange $exchange --routing-key order.paid --body '{"order_id":6}'
  amqp-sidecar subscribe --queue $queue
Its log:    $data/sidecar.log
Its status: $(sed -n 's/^listening on \(http[^ ]*\).*/\1/p' "$data/sidecar.out")/
To stop:    deploy/quickstart.sh --stop$([ "$data" = "$root/.data/quickstart" ] || echo " --data $data")
END
fi
