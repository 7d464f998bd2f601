#!/usr/bin/env python3
"""The table in docs/errors.md says what the C++ error table says: reasons, codes, meanings, in order.

Usage: check_errors.py ROOT
"""

import pathlib
import re
import sys

ROW = re.compile(r'\{Reason::k(\w+), StatusCode::(\w+), "([^"]+)"\}')


def shout(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()


def from_code(root):
    source = (root / "daemon/rpc/error_table.cc").read_text()
    return [(shout(name), code, text) for name, code, text in ROW.findall(source)]


def from_docs(root):
    rows = []
    for line in (root / "docs/errors.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        match = re.match(r"^`([A-Z_]+)`$", cells[0])
        # The table of settlements has no column for what persisted.
        if match and len(cells) == 5:
            rows.append((match.group(1), cells[1].split()[0], cells[3]))
    return rows


def main():
    root = pathlib.Path(sys.argv[1])
    code, docs = from_code(root), from_docs(root)
    faults = 0 if code else 1
    for wanted, found in zip(code + [None] * len(docs), docs + [None] * len(code)):
        if wanted != found:
            print(f"the code says {wanted}\nthe document {found}")
            faults += 1
    print(f"{len(code)} reasons, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
