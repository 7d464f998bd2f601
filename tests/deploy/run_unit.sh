#!/usr/bin/env bash
# The package below a systemd of its own, which boots in namespaces of this machine: installed, it
# runs; it says how it does; reload, kill -9, a process that stands still, a drain that is longer than
# the unit allows, a wrong configuration and a purge come out as docs/deployment.md says.
# Usage: run_unit.sh DEB NODE_DIR BASE      (as install_package.sh)
set -euo pipefail
deb=$(realpath "$1") node=$2 base=$3
here=$(dirname "$(realpath "$0")")

[ "$(id -u)" = 0 ] || { echo "deploy skipped: a systemd of its own takes root"; exit 0; }
. "$node/env"
folder=$(mktemp -d)
root=$folder/root name=sidecar-test-$$
boot= holder=
control_groups() { find /sys/fs/cgroup -maxdepth 2 -name "$name"; }
clean_up() {
  for pid in $holder $boot; do kill -KILL "$pid" 2>/dev/null || true; done
  [ -z "$boot" ] || wait "$boot" 2>/dev/null || true
  # A control group goes when the last process in it has gone.
  for _ in $(seq 50); do
    [ -n "$(control_groups)" ] || break
    for group in $(control_groups); do
      find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
    sleep 0.1
  done
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
step() { printf '== %s (after %d s)\n' "$*" "$SECONDS"; }
die() {
  echo "run_unit: $*" >&2
  inside systemctl --no-pager status amqp-sidecar >&2 || true
  inside journalctl --no-pager -n 40 >&2 || true
  exit 1
}
inside() {
  nsenter --target "$init" --mount --pid --uts --ipc --cgroup --root --wd env -i \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"
}
wait_for() {
  local step
  for step in $(seq 200); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  return 1
}
shows() { [ "$(inside systemctl show --value --property "$1" amqp-sidecar)" = "$2" ]; }
value() { inside systemctl show --value --property "$1" amqp-sidecar; }
said() { inside journalctl --no-pager -u amqp-sidecar | grep -qF "$1"; }
sidecar() { inside setpriv --reuid=amqp-sidecar --regid=amqp-sidecar --init-groups amqp-sidecar "$@"; }

step "a clean Debian with systemd"
"$here/clean_debian.sh" "$deb" "$base" "$root"
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q install -y \
  --no-install-recommends systemd >"$folder/apt" 2>&1 || { tail -n 20 "$folder/apt"; exit 1; }
mkdir -p "$root/etc/systemd/system/amqp-sidecar.service.d"
cat >"$root/etc/systemd/system/amqp-sidecar.service.d/test.conf" <<END_UNIT
[Service]
Environment=AMQP_SIDECAR_AMQP_URIS=amqp://guest@127.0.0.1:$RABBITMQ_PORT/
Environment=AMQP_SIDECAR_ADMIN_LISTEN=127.0.0.1:0 AMQP_SIDECAR_DRAIN_TIMEOUT=4s
WatchdogSec=2s
TimeoutStopSec=2s
END_UNIT

# A machine that lets none of this be nested says so, and why; one that does must boot.
mkdir "$folder/try"
unshare --fork --pid --mount --cgroup --propagation private bash -ec \
  'mount --bind "$1" "$1"; cd "$1"; mkdir old; pivot_root . old' try "$folder/try" 2>"$folder/why" &&
  [ -w /sys/fs/cgroup ] || { echo "deploy skipped: no nested systemd here: $(cat "$folder/why")"; exit 0; }
"$here/boot_systemd.sh" "$root" "$name" >"$folder/boot" 2>&1 </dev/null &
boot=$!
booted() {
  init=$(pgrep -P "$boot") && inside systemctl is-system-running | grep -qE 'running|degraded'
}
wait_for booted || { cat "$folder/boot"; echo "systemd does not boot"; exit 1; }

step "installed, it runs"
install -m 644 "$deb" "$root/tmp/amqp-sidecar.deb"
inside apt-get -q install -y --no-install-recommends /tmp/amqp-sidecar.deb >"$folder/apt" 2>&1 || {
  tail -n 20 "$folder/apt"
  die "apt-get install failed"
}
shows ActiveState active || die "the package did not start the service"
wait_for shows StatusText ready || die "the state is $(value StatusText)"
[ "$(inside stat -c '%a %U %G' /run/amqp-sidecar)" = "750 amqp-sidecar amqp-sidecar" ] || die "the folder"
shows User amqp-sidecar || die "not as its user"
queue=run-unit-$$
ctl() { "$here/../support/rabbitmq_node.sh" ctl "$node" "$@"; }
ctl eval "rabbit_amqqueue:declare(rabbit_misc:r(<<\"/\">>, queue, <<\"$queue\">>), true, false, [], none, <<\"test\">>)." \
  >/dev/null
sidecar publish --routing-key "$queue" --body '{"order_id":1}' --timeout 20s || die "no publish"

step "reload"
inside systemctl reload amqp-sidecar || die "the reload failed"
wait_for said "validation reloaded" || die "nothing was reloaded"
shows ActiveState active || die "not active after the reload"

step "kill -9"
pid=$(value MainPID)
inode=$(inside stat -c %i /run/amqp-sidecar)
inside systemctl kill --kill-whom=main --signal=KILL amqp-sidecar
wait_for shows NRestarts 1 || die "not started again"
wait_for shows StatusText ready || die "not ready again"
[ "$(value MainPID)" != "$pid" ] || die "the same process"
[ "$(inside stat -c %i /run/amqp-sidecar)" = "$inode" ] || die "a container with the old folder is cut off"
sidecar publish --routing-key "$queue" --body '{"order_id":2}' --timeout 20s || die "no publish"

step "a process that stands still"
inside systemctl kill --kill-whom=main --signal=STOP amqp-sidecar
wait_for shows NRestarts 2 || die "the watchdog does not watch"
wait_for shows StatusText ready || die "not ready again"

step "a drain that takes longer than TimeoutStopSec"
sidecar subscribe --queue "$queue" --no-ack >"$folder/held" 2>&1 </dev/null &
holder=$!
wait_for grep -q order_id "$folder/held" || die "nothing is held"
from=$SECONDS
inside systemctl stop amqp-sidecar
[ $((SECONDS - from)) -ge 3 ] || die "it did not wait for what is held"
shows Result success || die "the stop came to $(value Result)"
shows ExecMainStatus 0 || die "it ended with $(value ExecMainStatus)"
wait "$holder" 2>/dev/null || true
holder=

step "a wrong configuration"
echo 'amqp: {heartbaet: 5s}' >"$root/etc/amqp-sidecar/config.yaml"
! inside systemctl start amqp-sidecar 2>/dev/null || die "it started"
shows ActiveState failed || die "it is $(value ActiveState)"
shows ExecMainStatus 78 || die "it ended with $(value ExecMainStatus)"
said "amqp.heartbaet: no such key" || die "it does not say why"
shows NRestarts 0 || die "it was started again"

step "purge"
inside systemctl reset-failed amqp-sidecar
: >"$root/etc/amqp-sidecar/config.yaml"
inside systemctl start amqp-sidecar || die "it does not start again"
inside apt-get -q purge -y amqp-sidecar >"$folder/apt" 2>&1 || die "$(tail -n 20 "$folder/apt")"
inside sh -c 'for name in /proc/[0-9]*/comm; do [ "$(cat "$name")" != amqp-sidecar ] || exit 1; done' ||
  die "it runs on"
! inside getent passwd amqp-sidecar || die "the user is still there"
ctl delete_queue "$queue" >/dev/null
step "done"
