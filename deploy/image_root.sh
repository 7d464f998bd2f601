#!/usr/bin/env bash
# Makes the root of a container image: a binary, the libraries that it needs, the authorities that
# sign certificates, and names for the user that it runs as. No shell, no package manager.
set -euo pipefail

if [ $# != 2 ]; then
  echo "usage: deploy/image_root.sh AMQP_SIDECAR FOLDER" >&2
  exit 64
fi
binary=$1 root=$2
uid=65532

mkdir -p "$root"/{etc/ssl/certs,run/amqp-sidecar,tmp,usr/bin,etc/amqp-sidecar}
install -m 755 "$binary" "$root/usr/bin/amqp-sidecar"
strip --strip-unneeded "$root/usr/bin/amqp-sidecar"

# Each library as the loader finds it, under the name that it looks for; the loader itself by its
# full path.
ldd "$binary" | awk '$2 == "=>" {print $3} $1 ~ /^\// {print $1}' | while read -r library; do
  [ -e "$library" ] || { echo "image_root: $library is not there" >&2; exit 1; }
  install -D -m 755 "$(realpath "$library")" "$root$library"
done
# Debian's licences ask for them to come along. dpkg knows a file by /lib or by /usr/lib, and fails
# for the other.
find "$root" -name '*.so*' -type f -printf '/%P\n' | xargs realpath | sed 'p; s|^/usr||' |
  { xargs dpkg-query -S 2>/dev/null || true; } | cut -d: -f1 | sort -u | while read -r package; do
  install -D -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
done
[ -e "$root/usr/share/doc/libc6/copyright" ] || { echo "image_root: no licences" >&2; exit 1; }

install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo "hosts: files dns" >"$root/etc/nsswitch.conf"
printf 'root:x:0:0::/:/none\namqp-sidecar:x:%d:%d::/:/none\n' $uid $uid >"$root/etc/passwd"
printf 'root:x:0:\namqp-sidecar:x:%d:\n' $uid >"$root/etc/group"
# A volume that is mounted here while it is empty takes these over. Its group may call.
chown $uid:$uid "$root/run/amqp-sidecar"
chmod 2770 "$root/run/amqp-sidecar"
chmod 1777 "$root/tmp"
