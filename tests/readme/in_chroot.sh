#!/usr/bin/env bash
# A new user's path by the README alone: a machine with nothing on it but Debian's base (a chroot made
# by mmdebstrap), the checkout, and follow.sh. Builds the sidecar there, so only in the long form
# (SIDECAR_DRILLS=long), and as root. Usage: in_chroot.sh ROOT [SUITE]
set -euo pipefail
root=$(realpath "$1") suite=${2:-bookworm}

skip() {
  echo "drill skipped: $*"
  exit 0
}
[ "${SIDECAR_DRILLS:-}" = long ] || skip "following the README in a fresh chroot is for the long form"
[ "$(id -u)" = 0 ] || skip "a chroot takes root"

# Mounts and processes of its own, so that nothing is left of either, however this ends.
if [ -z "${SIDECAR_README_INSIDE:-}" ]; then
  SIDECAR_README_INSIDE=yes exec unshare --mount --propagation private --pid --fork --kill-child \
    "$0" "$root" "$suite"
fi

machine=$(mktemp -d "${TMPDIR:-/tmp}/readme-chroot.XXXXXX")
clean_up() {
  trap '' INT TERM
  for folder in proc dev; do
    ! mountpoint -q "$machine/$folder" || umount -l "$machine/$folder"
  done
  # Of another file system there would be more to lose than to clean up.
  rm -rf --one-file-system "$machine"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

began=$SECONDS
mmdebstrap --quiet --variant=minbase "$suite" "$machine"
echo "$suite, minbase: $((SECONDS - began)) s"
mount -t proc proc "$machine/proc"
mount --rbind /dev "$machine/dev"
mount --make-rslave "$machine/dev"
cp -L /etc/resolv.conf "$machine/etc/resolv.conf"
mkdir "$machine/src"
tar -C "$root" --exclude=./build --exclude=./.data --exclude=./.git -c . | tar -C "$machine/src" -x

# What a new user has, and nothing of who runs this.
env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  chroot "$machine" /bin/bash -c 'cd /src && tests/readme/follow.sh /src'
echo "figure: row=readme form=long took_ms=$(((SECONDS - began) * 1000))"
