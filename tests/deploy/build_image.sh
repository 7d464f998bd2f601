#!/usr/bin/env bash
# The Dockerfiles, built by buildah without a daemon, on a base made by mmdebstrap instead of the one
# that they name; then the image's own user, entry point and root. Long: it compiles everything anew.
# Usage: build_image.sh ROOT
set -euo pipefail
root=$(realpath "$1")

[ "${SIDECAR_DRILLS:-}" = long ] || { echo "deploy skipped: SIDECAR_DRILLS=long builds the images"; exit 0; }
[ "$(id -u)" = 0 ] || { echo "deploy skipped: buildah in a chroot takes root"; exit 0; }

folder=$(mktemp -d)
mounted=
buildah() {
  command buildah --root "$folder/storage" --runroot "$folder/run" --storage-driver vfs "$@"
}
clean_up() {
  [ -z "$mounted" ] || umount -l "$mounted" 2>/dev/null || true
  buildah rm --all >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
step() { printf '== %s (after %d s)\n' "$*" "$SECONDS"; }

step "a base"
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
mmdebstrap --quiet --variant=minbase "$release" "$folder/base.tar"
base=$(buildah from scratch)
buildah add --quiet "$base" "$folder/base.tar" / >/dev/null
buildah commit --quiet "$base" localhost/base >/dev/null
buildah rm "$base" >/dev/null
rm "$folder/base.tar"

build() {
  buildah bud --isolation chroot --pull-never --build-arg BASE=localhost/base \
    --ignorefile "$root/.dockerignore" --file "$root/$1" --tag "$2" "$root" >"$folder/log" 2>&1 || {
    tail -n 40 "$folder/log"
    exit 1
  }
}
step "the sidecar's image"
build deploy/Dockerfile localhost/amqp-sidecar
step "the demo's image"
build deploy/demo/Dockerfile localhost/amqp-sidecar-demo

step "what came of it"
config=$(buildah inspect --type image --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}' \
  localhost/amqp-sidecar)
[ "$config" = "65532:65532 [/usr/bin/amqp-sidecar] [run]" ] || { echo "configured: $config"; exit 1; }
container=$(buildah from --pull-never localhost/amqp-sidecar)
mounted=$(buildah mount "$container")
chroot --userspec=65532:65532 "$mounted" /usr/bin/amqp-sidecar --version
[ "$(stat -c '%u %g %a' "$mounted/run/amqp-sidecar")" = "65532 65532 2770" ]
[ ! -e "$mounted/usr/bin/sh" ] && [ ! -e "$mounted/bin/sh" ]
du -sm "$mounted" | awk '{print $1 " MB"}'
demo=$(buildah from --pull-never localhost/amqp-sidecar-demo)
buildah run --isolation chroot "$demo" -- python3 -c \
  'import sys; sys.path.insert(0, "/demo"); import demo; print("the demo loads", demo.QUEUE)'
step "done"
