#!/usr/bin/env bash
# Becomes a systemd that boots the Debian in ROOT, as in a container: processes, mounts, host name
# and control groups of its own, the network of this machine. It and all below it end with this
# process. Root, and the control groups of a machine that lets them be nested.
# Usage: boot_systemd.sh ROOT NAME       (NAME: of the control group)
set -euo pipefail
root=$1 name=$2

for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  # Of version 2, or of version 1 with systemd's own hierarchy beside it.
  if [ -e "$hierarchy/cgroup.procs" ]; then
    mkdir -p "$hierarchy/$name"
    echo $$ >"$hierarchy/$name/cgroup.procs"
  fi
done

inside=$(cat <<'END_INSIDE'
set -euo pipefail
cd "$1"
mount --bind . .
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
if [ -e /sys/fs/cgroup/cgroup.procs ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd,xattr cgroup sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
fi
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts old
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
pivot_root . old
umount -l /old
exec env -i container=sidecar-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --log-target=journal --show-status=0
END_INSIDE
)
exec unshare --fork --kill-child --pid --mount --cgroup --uts --ipc --propagation private \
  bash -c "$inside" boot_systemd "$root"
