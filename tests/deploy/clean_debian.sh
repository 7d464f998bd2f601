#!/usr/bin/env bash
# A clean Debian in a folder: the least that has apt, with what a package depends on and systemd
# downloaded, not installed. Kept in a file, so that only the first one takes the network.
# Usage: clean_debian.sh DEB BASE FOLDER      (DEB: the package; BASE: the file; FOLDER is made)
set -euo pipefail
deb=$1 base=$2 root=$3

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
made_for="$release, $(dpkg-deb -f "$deb" Depends)"
mkdir "$root"
# One test makes it, the other waits.
exec 9>"$base.lock"
flock 9
if [ "$(cat "$base.for" 2>/dev/null)" = "$made_for" ]; then
  tar -C "$root" -xpf "$base"
  exit
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# With dpkg in no fear of a power cut.
if ! {
  mmdebstrap --quiet --variant=apt --dpkgopt=force-unsafe-io --skip=cleanup/apt/lists "$release" "$root" &&
    install -m 644 "$deb" "$root/tmp/amqp-sidecar.deb" &&
    chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get -q install -y \
      --no-install-recommends --download-only /tmp/amqp-sidecar.deb systemd
} >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "clean_debian: no Debian $release to be had" >&2
  exit 1
fi
rm -f "$base.for"
tar -C "$root" -cf "$base" .
echo "$made_for" >"$base.for"
