#!/usr/bin/env bash
# The planted bugs' switch is in the build that has them, and in none that is shipped.
# Usage: check_planted.sh LIBRARY_WITH LIBRARY_WITHOUT...
set -euo pipefail
has_switch() { nm -C "$1" 2>/dev/null | grep -c 'base::planted_bug' >/dev/null; }
has_switch "$1" || { echo "$1 has no planted bugs: this check cannot fail"; exit 1; }
shift
for library; do
  if has_switch "$library"; then
    echo "$library has planted bugs"
    exit 1
  fi
done
