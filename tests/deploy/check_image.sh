#!/usr/bin/env bash
# The root of the container image, without a container engine: read-only, as the image's user, with
# nothing of this machine's, it serves the demo's configuration; the demo service publishes and
# consumes through it, and both end as they should when they are told to, in Kubernetes' order.
# Usage: check_image.sh ROOT AMQP_SIDECAR NODE_DIR
set -euo pipefail
root=$(realpath "$1") binary=$2 node=$3

if [ "${4:-}" != inside ]; then
  [ "$(id -u)" = 0 ] || { echo "deploy skipped: a root of its own takes root"; exit 0; }
  # Mounts of its own: they are gone with it, however it ends. Where / is no mount, as in a chroot,
  # they may be seen outside until they are taken away at the end.
  propagation=private
  unshare --mount --propagation private true 2>/dev/null || propagation=unchanged
  exec unshare --mount --propagation "$propagation" "$0" "$1" "$2" "$3" inside
fi

. "$node/env"
# Where other users come in, too.
folder=$(TMPDIR=/tmp mktemp -d)
image=$folder/image socket=$folder/volume
daemon= service=
clean_up() {
  local pid
  for pid in $service $daemon; do kill -KILL "$pid" 2>/dev/null || true; done
  umount -l "$image/run/amqp-sidecar" "$image" 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
die() {
  echo "check_image: $*" >&2
  for file in "$folder"/log "$folder"/demo; do [ ! -s "$file" ] || tail -n 20 "$file" >&2; done
  exit 1
}
wait_for() {
  local step
  for step in $(seq 150); do
    ! "$@" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

"$root/deploy/image_root.sh" "$binary" "$image"
chmod 755 "$folder"
[ ! -e "$image/bin/sh" ] && [ ! -e "$image/usr/bin/sh" ] || die "there is a shell"
grep -q 'BEGIN CERTIFICATE' "$image/etc/ssl/certs/ca-certificates.crt"
# The volume takes over owner and mode of the folder that it is mounted on.
cp -a "$image/run/amqp-sidecar" "$socket"
cp "$root/deploy/demo/sidecar.yaml" "$image/etc/amqp-sidecar/config.yaml"
mount --bind "$image" "$image"
mount -o remount,bind,ro "$image"
mount --bind "$socket" "$image/run/amqp-sidecar"
! touch "$image/tmp/x" 2>/dev/null || die "the root can be written"

exec_as=(chroot --userspec=65532:65532 --groups=65532 "$image")
env -i PATH="$PATH" SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt "${exec_as[@]}" /usr/bin/amqp-sidecar run \
  --config /etc/amqp-sidecar/config.yaml --set admin.listen=127.0.0.1:0 \
  --amqp-uri "amqp://guest@127.0.0.1:$RABBITMQ_PORT/" >"$folder/out" 2>"$folder/log" </dev/null &
daemon=$!
wait_for grep -q '(admin)' "$folder/out" || die "the sidecar does not start"

# The demo, with this machine's Python, as another user of the socket's group.
mkdir "$folder/demo.d"
protoc -I "$root/proto" --python_out="$folder/demo.d" "$root"/proto/amqp_sidecar/v1/*.proto
cp "$root/deploy/demo/demo.py" "$folder/demo.d"
env PYTHONDONTWRITEBYTECODE=1 AMQP_SIDECAR_ADDR="unix://$socket/sidecar.sock" DEMO_INTERVAL=0.1 \
  setpriv --reuid=65533 --regid=65533 --groups=65532 /usr/bin/python3 "$folder/demo.d/demo.py" \
  >"$folder/demo" 2>&1 </dev/null &
service=$!
wait_for grep -q 'took {"order_id": 5}' "$folder/demo" || die "the demo's orders do not come back"

# First the service alone, which takes nothing away unsettled; then the sidecar.
kill -TERM "$service"
wait "$service" || die "the demo did not end with 0"
service=
tail -n 1 "$folder/demo" | grep -qx ended || die "the demo did not end by itself"
! grep -q 'not published' "$folder/demo" || die "a publish failed"
kill -TERM "$daemon"
wait "$daemon" || die "the sidecar did not end with 0"
daemon=
ctl() { "$root/tests/support/rabbitmq_node.sh" ctl "$node" "$@"; }
published=$(grep -c '^published' "$folder/demo")
took=$(grep -c '^took' "$folder/demo")
# A quorum queue says a little later what it holds.
all_there() {
  ready=$(ctl list_queues name messages | awk '$1 == "billing" {print $2}')
  [ "$((took + ready))" = "$published" ]
}
wait_for all_there || die "$published published, $took taken, $ready left"
ctl delete_queue billing >/dev/null
echo "$published orders, $(du -sm "$image" | cut -f1) MB of image"
