#!/usr/bin/env bash
# Makes the generated code of the stubs from proto/, each by its language's own tools, at the
# versions that client-stubs/LANGUAGE/generate.sh names. C++ is not here: its code must be that of
# the Protobuf it is compiled with, so CMake makes it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
all=(python go node java)

usage() {
  cat <<'END_OF_USAGE'
usage: client-stubs/generate.sh [--check] [python|go|node|java]...
  --check   writes nothing; says what differs from what is there, and fails by it
Without a language, all of them. The tools are fetched from PyPI, npm, the Go module proxy and
Maven Central into build/stub-tools (or SIDECAR_STUB_TOOLS).
END_OF_USAGE
}

check=
languages=()
for argument in "$@"; do
  case $argument in
    --check) check=yes ;;
    -h | --help) usage; exit 0 ;;
    python | go | node | java) languages+=("$argument") ;;
    *) usage >&2; exit 64 ;;
  esac
done
[ ${#languages[@]} -gt 0 ] || languages=("${all[@]}")

export SIDECAR_STUB_TOOLS=${SIDECAR_STUB_TOOLS:-$here/../build/stub-tools}
mkdir -p "$SIDECAR_STUB_TOOLS"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The folders that hold generated code, and nothing else.
generated_folders() {
  (cd "$1" && find . -type f -printf '%h\n' | sort -u)
}

status=0
for language in "${languages[@]}"; do
  made=$work/$language
  differs=
  mkdir -p "$made"
  "$here/$language/generate.sh" "$made"
  [ -n "$(find "$made" -type f -print -quit)" ] || { echo "$language: nothing was generated" >&2; exit 1; }
  while read -r folder; do
    there=$here/$language/$folder
    if [ -n "$check" ]; then
      # Of this folder alone: those below it have their turn.
      mkdir -p "$work/ours" "$work/theirs"
      find "$made/$folder" -maxdepth 1 -type f -exec cp {} "$work/theirs/" \;
      [ ! -d "$there" ] || find "$there" -maxdepth 1 -type f -exec cp {} "$work/ours/" \;
      diff -ru "$work/ours" "$work/theirs" >"$work/diff" || {
        echo "$language: ${folder#./} is not what proto/ gives; run client-stubs/generate.sh $language"
        head -n 40 "$work/diff"
        differs=yes
        status=1
      }
      rm -rf "$work/ours" "$work/theirs"
    else
      mkdir -p "$there"
      find "$there" -maxdepth 1 -type f -delete
      find "$made/$folder" -maxdepth 1 -type f -exec cp {} "$there/" \;
    fi
  done < <(generated_folders "$made")
  if [ -z "$check" ]; then
    echo "$language: generated"
  elif [ -z "$differs" ]; then
    echo "$language: nothing differs"
  fi
done
exit "$status"
