#!/usr/bin/env bash
# Every C++ file is as clang-format 19 makes it. Usage: check_format.sh ROOT
set -euo pipefail
cd "$1"
mapfile -t files < <(find daemon tests client-stubs -name '*.h' -o -name '*.cc' 2>/dev/null | sort)
[ ${#files[@]} -gt 0 ] || { echo "no source files"; exit 1; }
clang-format-19 --dry-run --Werror "${files[@]}"
echo "${#files[@]} files"
