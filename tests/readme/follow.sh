#!/usr/bin/env bash
# Follows the README: runs its commands as they stand there (every block that begins with ```sh step),
# in order, in one shell, from nothing to a message in a queue of its own.
# Usage: follow.sh ROOT [AMQP_SIDECAR]
# With AMQP_SIDECAR that binary is used, the block that builds is left out, and nothing is written
# below ROOT. Without, it is built there.
set -euo pipefail
root=$(realpath "$1") binary=${2:-}

blocks=$(mktemp -d)
where=$root
if [ -n "$binary" ]; then
  where=$(mktemp -d "${TMPDIR:-/tmp}/readme.XXXXXX")
  for entry in "$root"/*; do
    [ "$(basename "$entry")" = build ] || ln -s "$entry" "$where"
  done
  PATH=$(dirname "$(realpath "$binary")"):$PATH
  # The default address may be taken here.
  export AMQP_SIDECAR_ADMIN_LISTEN=127.0.0.1:0
fi
cd "$where"

finished=
clean_up() {
  local status=$?
  trap '' INT TERM
  if [ -z "$finished" ]; then
    jobs -p | xargs -r kill -TERM 2>/dev/null || true
    wait || true
    [ ! -d .data/rabbitmq ] || "$root/tests/support/rabbitmq_node.sh" stop .data/rabbitmq || true
    [ ! -s "$blocks/output" ] || cat "$blocks/output"
  fi
  rm -rf "$blocks" "$where"/.data/{rabbitmq,sidecar.yaml,sidecar.sock}
  rmdir "$where/.data" 2>/dev/null || true
  [ "$where" = "$root" ] || rm -rf "$where"
  [ -n "$finished" ] || [ "$status" -ne 0 ] || status=1
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

awk -v folder="$blocks" '
  /^```sh step build$/ {file = sprintf("%s/%02d-build", folder, ++count); next}
  /^```sh step$/ {file = sprintf("%s/%02d", folder, ++count); next}
  /^```$/ {file = ""}
  file {print >file}' "$root/README.md"
ls "$blocks"/*-build >/dev/null || { echo "the README does not say how to build"; exit 1; }
: >"$blocks/output"

began=$SECONDS
for block in "$blocks"/[0-9]*; do
  [[ -z $binary || $block != *-build ]] || continue
  sed 's/^/$ /' "$block"
  # One shell for all, as whoever follows has.
  . "$block" >>"$blocks/output" 2>&1
  if grep -q 'amqp-sidecar run' "$block"; then
    for _ in $(seq 100); do
      ! grep -q '^listening on unix' "$blocks/output" || break
      sleep 0.1
    done
    grep '^listening on' "$blocks/output" || { echo "the sidecar is not ready after 10 s"; exit 1; }
  fi
  if grep -q 'amqp-sidecar subscribe' "$block"; then
    # Printed by subscribe, and by nothing else: the commands themselves are not in the output.
    grep -F '"order_id":1' "$blocks/output" || { echo "the message did not come"; exit 1; }
  fi
done
wait
! ls .data/rabbitmq/env 2>/dev/null || { echo "the broker was not stopped"; exit 1; }
grep -q 'stopped' "$blocks/output" || { echo "the sidecar was not stopped"; exit 1; }
finished=yes
echo "followed the README in $((SECONDS - began)) s"
