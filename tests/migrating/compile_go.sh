#!/usr/bin/env bash
# The Go services of docs/migrating.md compile and pass `go vet`, against the modules that they name.
# Only in the long form (SIDECAR_DRILLS=long): the first time gets and builds gRPC, which takes minutes.
# Usage: compile_go.sh ROOT FOLDER (kept, for the next time)
set -euo pipefail
root=$1 folder=$2

skip() {
  echo "drill skipped: $*"
  exit 0
}
[ "${SIDECAR_DRILLS:-}" = long ] || skip "compiling the Go of docs/migrating.md is for the long form"
command -v go >/dev/null || skip "there is no go to compile the Go of docs/migrating.md with"

mkdir -p "$folder"
cd "$folder"
export GOBIN=$folder/bin GOFLAGS=-mod=mod
export PATH=$GOBIN:$PATH
go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.33.0 ||
  skip "no Go modules can be had here"
go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.3.0

# The lines of the first block of the document that begins so.
block() {
  awk -v start="\`\`\`$1" '$0 == start {inside = 1; next} /^```$/ {if (inside) exit} inside' \
    "$root/docs/migrating.md" >"$2"
  [ -s "$2" ] || { echo "docs/migrating.md has no block: $1"; exit 1; }
}

mkdir -p sidecar
ln -sfn "$root/proto" proto
block "sh go" generate.sh
bash -e generate.sh
cat >sidecar/go.mod <<'END'
module amqp-sidecar.dev/client

go 1.19

require (
	google.golang.org/grpc v1.64.1
	google.golang.org/protobuf v1.33.0
)
END
cat >go.mod <<'END'
module migrating

go 1.19

require (
	amqp-sidecar.dev/client v0.0.0
	github.com/rabbitmq/amqp091-go v1.9.0
	google.golang.org/grpc v1.64.1
	google.golang.org/protobuf v1.33.0
)

replace amqp-sidecar.dev/client => ./sidecar
END
for which in before after; do
  mkdir -p "$which"
  block "go $which" "$which/main.go"
  unformatted=$(gofmt -l "$which")
  [ -z "$unformatted" ] || { gofmt -d "$which"; exit 1; }
done
go vet ./before ./after
go build -o bin/ ./before ./after
echo "both compile"
