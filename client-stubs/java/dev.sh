#!/usr/bin/env bash
# What the project runs of this stub:
#   dev.sh setup            fetches what is pinned in pom.xml, and builds; exit code 77: a tool is missing
#   dev.sh lint             javac with all warnings, the documentation's too; the form of the files
#   dev.sh test             the tests, against the sidecars and the RabbitMQ node of tests/stubs/world.py
#   dev.sh example NAME     one of examples/, against AMQP_SIDECAR_ADDR
#   dev.sh crosstalk ARGS   see tools/Crosstalk.java
#   dev.sh bench ARGS       see tools/Bench.java
# Builds in SIDECAR_STUB_BUILD, else in target. All but setup work offline.
set -euo pipefail
cd "$(dirname "$0")"

build=${SIDECAR_STUB_BUILD:-$PWD/target}
mkdir -p "$build"
build=$(cd "$build" && pwd)

maven() {
  mvn -B -q "-Dbuild.folder=$build" "$@"
}

# Compiled again where a source is newer: Maven may not see that a file has gone.
compile() {
  if [[ -e $build/compiled && -z $(find pom.xml src examples tools -newer "$build/compiled" -print -quit) ]]; then
    return
  fi
  rm -rf "$build/compiled" "$build/test-classes" "$build/classes/dev/amqpsidecar/client"
  # Quiet, Maven would not say which warning it was.
  mvn -B -o "-Dbuild.folder=$build" test-compile >"$build/compile.log" 2>&1 || {
    grep -E '^\[(WARNING|ERROR)\]' "$build/compile.log" | sort -u
    exit 1
  }
  touch "$build/compiled"
}

run() {
  exec java -cp "$build/test-classes:$build/classes:$(<"$build/classpath")" "$@"
}

needs() {
  echo "needs: $1"
  exit 77
}

setup() {
  command -v javac >/dev/null || needs 'a JDK, 17 or newer'
  local version
  version=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
  ((${version:-0} >= 17)) || needs "a JDK, 17 or newer; this is ${version:-none}"
  command -v mvn >/dev/null || needs 'Maven, 3.8 or newer'
  version=$(mvn -B --version 2>&1 | sed -n 's/.*Apache Maven 3\.\([0-9]*\).*/\1/p')
  ((${version:-0} >= 8)) || needs 'Maven, 3.8 or newer'
  rm -f "$build/compiled"
  # One test has Surefire fetch what it runs JUnit with.
  maven test -Dtest=AddressTest -Dsurefire.failIfNoSpecifiedTests=false
  maven dependency:build-classpath "-Dmdep.outputFile=$build/classpath" -DincludeScope=test
  touch "$build/compiled"
}

lint() {
  local classpath=$build/classes:$(<"$build/classpath")
  local -a strict=(--release 17 -Xlint:all,-processing -proc:none -Werror)
  compile
  rm -rf "$build/lint"
  mkdir -p "$build/lint"
  find src/main/java -name '*.java' -print0 | xargs -0 javac "${strict[@]}" -d "$build/lint" \
    -Xdoclint:all/protected -Xdoclint/package:dev.amqpsidecar.client -cp "$classpath"
  find src/test/java examples tools -name '*.java' -print0 | xargs -0 javac "${strict[@]}" \
    -d "$build/lint" -cp "$classpath"
  local wrong
  wrong=$(find src/main src/test examples tools -name '*.java' -exec awk \
    'length > 100 { print FILENAME ":" FNR ": longer than 100 columns" }
     /\t| $/ { print FILENAME ":" FNR ": a tab, or a blank at the end" }
     FNR == 451 { print FILENAME ": longer than 450 lines" }' {} +)
  [[ -z $wrong ]] || { echo "$wrong"; exit 1; }
}

case ${1-} in
  setup) setup ;;
  lint) lint ;;
  test) compile; maven -o surefire:test@default-test surefire:test@without-opentelemetry ;;
  example) compile; run "${@:2}" ;;
  crosstalk) compile; run Crosstalk "${@:2}" ;;
  bench) compile; run Bench "${@:2}" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
