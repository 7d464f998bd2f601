#!/usr/bin/env python3
"""The figures that drills print, as the table of docs/reliability.md.

Usage: tests/run.sh --long | tests/drills/figures.py
"""

import re
import sys

SETS = {"attempted", "ok", "no", "unknown", "delivered", "lost", "lied", "invented", "damaged",
        "unanswered", "duplicates", "window", "faults", "row", "form"}


def words(key, value):
    number = float(value) if re.fullmatch(r"[\d.]+", value) else None
    if key.startswith("failed["):
        return f"{number:,.0f} × `{key[7:-1]}`"
    name = key.replace("_", " ")
    if number is None:
        return f"{name} {value}"
    if key.endswith("_ms"):
        return f"{name[:-3]} {number:,.0f} ms"
    if "bytes" in key:
        size = f"{number / 1e6:,.1f} MB" if number >= 1e5 else f"{number / 1e3:,.1f} kB"
        return f"{name.replace('bytes', '').replace('  ', ' ').strip()} {size}"
    return f"{name} {number:,.2f}" if "." in value else f"{name} {number:,.0f}"


def row_of(line):
    pairs = dict(re.findall(r"(\w+(?:\[[^]]*\])?)=(\S+)", line))
    shown = ", ".join(words(k, v) for k, v in pairs.items() if k not in SETS)
    messages = f"{int(pairs['attempted']):,}" if "attempted" in pairs else ""
    duplicates = ""
    if "duplicates" in pairs:
        duplicates = f"{int(pairs['duplicates']):,}"
        if "window" in pairs and "faults" in pairs:
            duplicates += f" ({int(pairs['window']) * int(pairs['faults']):,})"
    bad = [key for key in ("lost", "lied", "invented", "damaged", "unanswered")
           if pairs.get(key, "0") != "0"]
    warning = "".join(f" **{key} {pairs[key]}**" for key in bad)
    return f"| {pairs['row']} | {pairs['form']} | {messages} | {shown}{warning} | {duplicates} |"


print("| row | form | messages | figure | duplicates (allowed) |")
print("|---|---|---|---|---|")
for line in sys.stdin:
    if line.startswith("figure: "):
        print(row_of(line))
