#!/usr/bin/env bash
# The Debian package as lintian sees it (no error, no warning), and what it must hold.
# Usage: check_package.sh DEB AMQP_SIDECAR
set -euo pipefail
deb=$1 binary=$2

as_root=()
[ "$(id -u)" != 0 ] || as_root=(--allow-root)
lintian "${as_root[@]}" --no-cfg --fail-on error,warning "$deb"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dpkg-deb -x "$deb" "$folder"
for file in usr/bin/amqp-sidecar usr/lib/systemd/system/amqp-sidecar.service \
  etc/amqp-sidecar/config.yaml usr/share/man/man1/amqp-sidecar.1.gz \
  usr/share/doc/amqp-sidecar/copyright usr/share/doc/amqp-sidecar/changelog.gz; do
  [ -f "$folder/$file" ] || { echo "no $file"; exit 1; }
done
[ "$(dpkg-deb -f "$deb" Version)" = "$("$binary" --version | awk '{print $2}')-1" ]

# The man page names each verb and each option that --help names.
man=$(zcat "$folder/usr/share/man/man1/amqp-sidecar.1.gz" | sed 's/\\-/-/g')
verbs=$("$binary" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]\+\) .*/\1/p')
[ -n "$verbs" ]
for verb in "" $verbs; do
  # shellcheck disable=SC2086
  for option in $("$binary" $verb --help | grep -oE '^  -[-a-z,]+' | sed 's/.*--/--/'); do
    grep -qF -- "$option" <<<"$man" || { echo "the man page lacks $verb $option"; exit 1; }
  done
done
LC_ALL=C.UTF-8 man --warnings --local-file "$folder/usr/share/man/man1/amqp-sidecar.1.gz" \
  2>"$folder/warnings" >/dev/null
[ ! -s "$folder/warnings" ] || { cat "$folder/warnings"; exit 1; }
echo "$(wc -w <<<"$verbs") verbs in the man page, $(du -k "$deb" | cut -f1) kB"
