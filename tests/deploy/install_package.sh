#!/usr/bin/env bash
# The Debian package in a clean Debian of its own, from apt install to purge: the binary runs as the
# unit's user with the installed configuration, publishes through a private RabbitMQ node on this
# host's loopback, and a purge leaves nothing behind.
# Usage: install_package.sh DEB NODE_DIR BASE
#   NODE_DIR  a node of tests/support/rabbitmq_node.sh
#   BASE      where clean_debian.sh keeps the clean Debian
set -euo pipefail
deb=$(realpath "$1") node=$2 base=$3
here=$(dirname "$(realpath "$0")")

[ "$(id -u)" = 0 ] || { echo "deploy skipped: a Debian of its own takes root"; exit 0; }
. "$node/env"
folder=$(mktemp -d)
root=$folder/root
daemon=
clean_up() {
  [ -z "$daemon" ] || kill -KILL "$daemon" 2>/dev/null || true
  # -l: what a process that is ending still holds does not keep the folder mounted.
  ! mountpoint -q "$root/proc" || umount -l "$root/proc"
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() { printf '== %s (after %d s)\n' "$*" "$SECONDS"; }
die() {
  echo "install_package: $*" >&2
  exit 1
}
inside() { chroot "$root" "$@"; }
as_service() { chroot --userspec=amqp-sidecar:amqp-sidecar "$root" "$@"; }

apt_in() {
  inside env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q "$@" >"$folder/apt" 2>&1 || {
    tail -n 20 "$folder/apt"
    die "apt-get $1 failed"
  }
}

step "a clean Debian"
"$here/clean_debian.sh" "$deb" "$base" "$root"
mount -t proc proc "$root/proc"

step "apt install"
install -m 644 "$deb" "$root/tmp/amqp-sidecar.deb"
apt_in install -y --no-install-recommends /tmp/amqp-sidecar.deb
inside getent passwd amqp-sidecar | grep -q ':/nonexistent:/usr/sbin/nologin$' || die "no user"
inside getent group amqp-sidecar >/dev/null || die "no group"
[ "$(stat -c '%a' "$root/etc/amqp-sidecar/config.yaml")" = 640 ] || die "the configuration's mode"
[ "$(inside stat -c '%U:%G' /etc/amqp-sidecar/config.yaml)" = root:amqp-sidecar ] || die "its group"
[ -L "$root/etc/systemd/system/multi-user.target.wants/amqp-sidecar.service" ] || die "not enabled"
[ -f "$root/usr/lib/systemd/system/amqp-sidecar.service" ] || die "no unit"

step "it runs as the service does"
as_service /usr/bin/amqp-sidecar check-config --config /etc/amqp-sidecar/config.yaml
# What systemd makes of RuntimeDirectory=.
inside install -d -m 0750 -o amqp-sidecar -g amqp-sidecar /run/amqp-sidecar
# The same command as the unit's, and the broker of this test.
command=$(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/amqp-sidecar.service")
# shellcheck disable=SC2086
chroot --userspec=amqp-sidecar:amqp-sidecar "$root" /usr/bin/env -i $command --set admin.listen=127.0.0.1:0 \
  --amqp-uri "amqp://guest@127.0.0.1:$RABBITMQ_PORT/" >"$folder/out" 2>"$folder/log" </dev/null &
daemon=$!
for _ in $(seq 100); do
  grep -q '(admin)' "$folder/out" && break
  kill -0 "$daemon" 2>/dev/null || { cat "$folder/log"; die "the daemon ended"; }
  sleep 0.1
done
cat "$folder/out"
[ "$(stat -c '%a' "$root/run/amqp-sidecar/sidecar.sock")" = 660 ] || die "the socket's mode"

# Another user of its group may call, a stranger may not.
inside useradd --system --groups amqp-sidecar service
inside useradd --system stranger
queue=installed-$$
"$here/../support/rabbitmq_node.sh" ctl "$node" eval \
  "rabbit_amqqueue:declare(rabbit_misc:r(<<\"/\">>, queue, <<\"$queue\">>), true, false, [], none, <<\"test\">>)." \
  >/dev/null
as_caller() { chroot --userspec=service --groups="$(inside getent group amqp-sidecar | cut -d: -f3)" "$root" "$@"; }
as_caller /usr/bin/amqp-sidecar publish --routing-key "$queue" --body '{"order_id":1}' --timeout 20s
as_caller /usr/bin/amqp-sidecar subscribe --queue "$queue" --count 1 | grep -F '{"order_id":1}'
! chroot --userspec=stranger "$root" /usr/bin/amqp-sidecar publish --routing-key "$queue" --body '{}' \
  --timeout 2s 2>/dev/null || die "a stranger may call"
kill -TERM "$daemon"
wait "$daemon" || { cat "$folder/log"; die "it did not end with 0"; }
daemon=
"$here/../support/rabbitmq_node.sh" ctl "$node" delete_queue "$queue" >/dev/null
rm -rf "$root/run/amqp-sidecar"
inside userdel service
inside userdel stranger

step "remove, and purge"
apt_in remove -y amqp-sidecar
[ ! -e "$root/usr/bin/amqp-sidecar" ] || die "the binary is still there"
[ -f "$root/etc/amqp-sidecar/config.yaml" ] || die "a removal took the configuration"
apt_in purge -y amqp-sidecar
! inside getent passwd amqp-sidecar || die "the user is still there"
! inside getent group amqp-sidecar || die "the group is still there"
left=$(inside find / -xdev -name '*amqp-sidecar*' ! -path /tmp/amqp-sidecar.deb)
[ -z "$left" ] || die "left behind: $left"
step "done"
