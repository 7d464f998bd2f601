#!/usr/bin/env python3
"""Every row of the fault matrix is accounted for in docs/reliability.md, and every drill is there.

Rows 1 to 42 stand either in the table of the drills or in the paragraph about rows that are not
drills; the table has exactly the rows that tests/drills has drills for.

Usage: check_drills.py ROOT
"""

import pathlib
import re
import sys

ROWS = set(map(str, range(1, 43)))


def section(text, title):
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def main():
    root = pathlib.Path(sys.argv[1])
    drills = section((root / "docs/reliability.md").read_text(), "The drills")
    documented = set()
    for line in re.findall(r"^\| ([\w, ]+) \|", drills, re.MULTILINE):
        documented |= set(line.split(", ")) - {"row"}
    others = set(re.findall(r"\b\d+\b", drills.split("Rows that are not drills:", 1)[1]))
    tested = set()
    for source in (root / "tests/drills").glob("*.cc"):
        tested |= set(re.findall(r'TEST_CASE\("(?:row )?(\d+|soak):', source.read_text()))
    faults = [f"row {row} is in the table and has no drill" for row in documented - tested]
    faults += [f"row {row} has a drill and is not in the table" for row in tested - documented]
    faults += [f"row {row} is not accounted for" for row in ROWS - documented - others]
    for fault in sorted(faults):
        print(f"docs/reliability.md: {fault}")
    print(f"{len(documented)} rows with drills, {len(faults)} faults")
    return 1 if faults or not documented else 0


sys.exit(main())
