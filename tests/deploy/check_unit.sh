#!/usr/bin/env bash
# The unit: systemd can read it, it is hardened (systemd-analyze security: at most 1.5), and gives a
# drain its time. Usage: check_unit.sh ROOT AMQP_SIDECAR
set -euo pipefail
root=$1 binary=$2
unit=$root/deploy/systemd/amqp-sidecar.service

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The package is not installed here: its binary is this one, and its man page is not there.
sed "s|/usr/bin/amqp-sidecar|$binary|" "$unit" >"$folder/amqp-sidecar.service"
said=$(systemd-analyze verify --man=no "$folder/amqp-sidecar.service" 2>&1) || {
  echo "systemd-analyze verify: $said"
  exit 1
}
# It warns without failing; other units of this machine are not our concern.
! grep -F "amqp-sidecar" <<<"$said" || exit 1

systemd-analyze security --offline=true --no-pager --threshold=15 "$unit" >"$folder/security" || {
  grep -v '✓' "$folder/security"
  exit 1
}
grep 'exposure level' "$folder/security"

drain=$(sed -n 's/^| `drain_timeout` | `\([0-9]*\)s` .*/\1/p' "$root/docs/configuration.md")
stop=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' "$unit")
[ "$stop" -gt $((drain + 5)) ] || {
  echo "TimeoutStopSec=${stop}s is not above drain_timeout (${drain}s) and 5 s"
  exit 1
}
