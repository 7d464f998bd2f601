#!/usr/bin/env bash
# Makes the generated code of the Java package below the folder OUT, in the package's own layout
# (OUT/src/generated/java), from the protos. The tools are pinned, and come from Maven Central into
# ${SIDECAR_STUB_TOOLS:-build/stub-tools}/java. protoc is a 3.25: what it makes runs on
# protobuf-java 3.25 and on 4.
set -euo pipefail

readonly protoc_version=3.25.8
readonly grpc_version=1.68.3
readonly copy=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy

(($# == 1)) || { echo 'usage: generate.sh OUT' >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$1/src/generated"
out=$(cd "$1/src/generated" && pwd)
tools=${SIDECAR_STUB_TOOLS:-$root/build/stub-tools}/java

case "$(uname -m)" in
  x86_64) platform=linux-x86_64 ;;
  aarch64) platform=linux-aarch_64 ;;
  *) echo "generate.sh: no protoc for $(uname -m) here" >&2; exit 1 ;;
esac

# One file of Maven Central: group:name:version:type[:classifier], into the tools' folder.
fetch() {
  [[ -e $tools/$2 ]] && return
  mvn -B -q -f "$here/pom.xml" "$copy" -Dartifact="$1" -DoutputDirectory="$tools" \
    -Dmdep.useBaseVersion=true
  [[ -e $tools/$2 ]] || { echo "generate.sh: $1 did not come" >&2; exit 1; }
}

mkdir -p "$tools"
protoc=protoc-$protoc_version-$platform.exe
plugin=protoc-gen-grpc-java-$grpc_version-$platform.exe
library=protobuf-java-$protoc_version.jar
fetch "com.google.protobuf:protoc:$protoc_version:exe:$platform" "$protoc"
fetch "io.grpc:protoc-gen-grpc-java:$grpc_version:exe:$platform" "$plugin"
fetch "com.google.protobuf:protobuf-java:$protoc_version:jar" "$library"
chmod +x "$tools/$protoc" "$tools/$plugin"

# google/protobuf/*.proto come in the library's jar.
include=$tools/include-$protoc_version
if [[ ! -e $include/google/protobuf/duration.proto ]]; then
  mkdir -p "$include"
  (cd "$include" && jar xf "../$library" google/protobuf)
fi

rm -rf "$out/java"
mkdir -p "$out/java"
(cd "$root/proto" && "$tools/$protoc" -I . -I "$include" \
  --plugin=protoc-gen-grpc-java="$tools/$plugin" \
  --java_out="$out/java" --grpc-java_out=@generated=omit:"$out/java" \
  amqp_sidecar/v1/*.proto)
