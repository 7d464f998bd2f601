#!/usr/bin/env bash
# Installs the Debian packages that a build and the tests need; only those that are missing.
# Says what it installs, and changes nothing when all are there. Debian 12 and 13.
set -euo pipefail

usage() {
  cat <<'END'
usage: deploy/install-deps.sh GROUP...
  build   what compiles the sidecar
  broker  RabbitMQ, to run a private node (its system service is not started)
  deploy  what makes the Debian package, and checks it and the rest of deploy/
  test    what the tests and the lint need besides
  page    a browser, for the tests of the status page: 106 MB to fetch, 327 MB on disk
  stubs   the languages of client-stubs/; of Go, Node, npm, a JDK and Maven those that are not in PATH
Run it as root or as a user who has sudo.
END
}

build=(ca-certificates g++ cmake ninja-build pkg-config protobuf-compiler protobuf-compiler-grpc
  libabsl-dev libcivetweb-dev libcli11-dev libgrpc++-dev libjemalloc-dev libprotobuf-dev
  librabbitmq-dev libre2-dev libsimdjson-dev libspdlog-dev libssl-dev libsystemd-dev
  libyaml-cpp-dev prometheus-cpp-dev zlib1g-dev)
broker=(rabbitmq-server)
# faketime: a clock that jumps, for one process only (tests/drills). pip: fetches the suites of JSON
# (tests/suites). prometheus: promtool, for the alert rules. grpcio and pika: the services of
# docs/migrating.md. mmdebstrap: a machine with nothing on it (tests/readme).
# clang-tidy, nlohmann-json: client-stubs/cpp, which is built with the tests.
tests=(catch2 clang-format-19 clang-tidy-19 faketime mmdebstrap nlohmann-json3-dev openssl prometheus
  python3 python3-grpcio python3-pika python3-pip python3-protobuf python3-yaml)
# Their packages bring services that they start: a private node and promtool are all that is wanted.
services=(rabbitmq-server prometheus)
# Chromium without what draws windows; grpcio to make traffic; the font and PIL for the screenshots.
page=(chromium-headless-shell fonts-inter protobuf-compiler python3 python3-grpcio python3-pil
  python3-protobuf)
# What tests/deploy checks deploy/ with; dpkg-dev and fakeroot also make the Debian package.
deploy=(buildah dpkg-dev fakeroot lintian man-db mmdebstrap python3-grpcio python3-jsonschema
  python3-yaml systemd)

# For client-stubs/. git: Go asks it for a module's version.
stubs=(git python3-venv)
command -v go >/dev/null || stubs+=(golang-go)
command -v node >/dev/null || stubs+=(nodejs)
command -v npm >/dev/null || stubs+=(npm)
command -v javac >/dev/null || stubs+=(default-jdk-headless)
command -v mvn >/dev/null || stubs+=(maven)

die() {
  printf 'install-deps: %s\n' "$*" >&2
  exit 1
}

wanted=()
[ $# -gt 0 ] || { usage >&2; exit 64; }
for group in "$@"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    broker) wanted+=("${broker[@]}") ;;
    deploy) wanted+=("${deploy[@]}") ;;
    test) wanted+=("${tests[@]}") ;;
    page) wanted+=("${page[@]}") ;;
    stubs) wanted+=("${stubs[@]}") ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 64 ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

id=none version=
if [ -r /etc/os-release ]; then
  id=$(. /etc/os-release && echo "${ID:-none}")
  version=$(. /etc/os-release && echo "${VERSION_ID:-}")
fi
case "$id $version" in
  "debian 12" | "debian 13") ;;
  *) die "knows Debian 12 and 13; this is ${id} ${version:-without a version}. Install the like of: ${missing[*]}" ;;
esac

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || die "needs root or sudo to install: ${missing[*]}"
  as_root=(sudo)
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
made_policy=
clean_up() {
  [ -z "$made_policy" ] || "${as_root[@]}" rm -f "$policy"
  rm -f "$log"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# One line for every tenth of the way, from apt's machine-readable progress.
show_progress() {
  awk -F: -v step=10 '
    /^(dl|pm)status:/ {
      phase = /^dl/ ? "downloading" : "installing"
      if (phase != last) { last = phase; next_at = 0 }
      if ($3 + 0 >= next_at) {
        printf "  %s %3d%%\n", phase, $3; fflush()
        next_at = (int($3 / step) + 1) * step
      }
    }'
}

# The status goes to a descriptor of its own, made by a shell below sudo, which closes all others.
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -c 'exec "$@" 3>&1' sh \
    apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o APT::Status-Fd=3 "$@" 2>&1 |
    tee -a "$log" | show_progress
}

give_up() {
  tail -n 20 "$log" >&2
  die "$1"
}

printf 'Installing %d packages and what they need: %s\n' "${#missing[@]}" "${missing[*]}"
apt update || give_up "apt-get update failed (above are its last lines)"

starts=()
for package in "${services[@]}"; do
  [[ " ${missing[*]} " != *" $package "* ]] || starts+=("$package")
done
if [ ${#starts[@]} -gt 0 ] && [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  made_policy=yes
  "${as_root[@]}" chmod 755 "$policy"
fi

apt install -y --no-install-recommends "${missing[@]}" ||
  give_up "apt-get install failed (above are its last lines)"

if [ -n "$made_policy" ] && [ -d /run/systemd/system ]; then
  for service in "${starts[@]}" epmd.socket; do
    "${as_root[@]}" systemctl disable --quiet "$service" 2>/dev/null || true
  done
fi
