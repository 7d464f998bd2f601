#!/usr/bin/env bash
# Runs the commands of the documents: every block that begins with ```sh run, and
# with SIDECAR_DRILLS=long those with ```sh run long, in order, one shell a
# document, against a sidecar on a private RabbitMQ node.
# Usage: run_docs.sh ROOT AMQP_SIDECAR NODE_DIR [DOCUMENT...]; without them, README.md, docs/ and the like
set -euo pipefail
root=$1 binary=$2 node=$3
shift 3
documents=("$@")
[ $# -gt 0 ] || documents=("$root"/*.md "$root"/docs/*.md)

folder=$(mktemp -d)
sidecar=
clean_up() {
  if [ -n "$sidecar" ]; then
    kill -TERM "$sidecar" 2>/dev/null || true
    wait "$sidecar" || true
  fi
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

. "$node/env"
cat >"$folder/sidecar.yaml" <<END
grpc: {listen: ["unix://$folder/sidecar.sock"]}
admin: {listen: ""}
amqp: {uris: ["amqp://guest@127.0.0.1:$RABBITMQ_PORT/"]}
topology:
  exchanges: [{name: orders, type: topic}]
  queues: [{name: billing}, {name: billing.dead}]
  bindings: [{queue: billing, exchange: orders, routing_key: "order.*"}]
END
"$binary" run --config "$folder/sidecar.yaml" >"$folder/out" 2>"$folder/log" &
sidecar=$!
for _ in $(seq 100); do
  grep -q '^listening on' "$folder/out" && break
  sleep 0.1
done
grep -q '^listening on' "$folder/out" || { cat "$folder/log"; exit 1; }

export AMQP_SIDECAR_ADDR=unix://$folder/sidecar.sock
PATH=$(dirname "$binary"):$PATH
count=0
for document in "${documents[@]}"; do
  awk -v long="${SIDECAR_DRILLS:-}" '
    /^```sh run$/ || (long == "long" && /^```sh run long$/) {inside = 1; next}
    /^```$/ {inside = 0}
    inside' "$document" >"$folder/commands"
  [ -s "$folder/commands" ] || continue
  count=$((count + 1))
  echo "== ${document#"$root"/}"
  (cd "$root" && timeout 60 bash -euxo pipefail "$folder/commands") || {
    echo "${document#"$root"/}: a command failed"
    tail -n 20 "$folder/log"
    exit 1
  }
done
echo "$count documents with commands"
[ "$count" -gt 0 ]
