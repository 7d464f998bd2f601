#!/usr/bin/env python3
"""The tables of reasons in docs/errors.md are what the code says: names from broker/reason.cc, codes
and sentences from rpc/error_table.cc, what is left behind and what to do from the comments of the enums.

Usage: errors_table.py ROOT [--write]
Without --write, exits 1 and shows the difference.
"""

import pathlib
import re
import sys

import made_table

ROW = re.compile(r'\{Reason::k(\w+), StatusCode::(\w+), "([^"]+)"\}')
LATE = re.compile(r"error\.reason == Reason::k(\w+) && error\.deadline_exceeded\) \{\s*"
                  r"return StatusCode::(\w+);")
CASES = re.compile(r"((?:case broker::SettleReason::k\w+:\s*)+)return StatusCode::(\w+);")
LEFT = re.compile(r"^(NO or PARTIAL|NO|UNKNOWN): (.*)")


def comments_of(source, enum):
    """[(enumerator, the comment right above it)], in order."""
    body = re.search(rf"enum class {enum} {{\n(.*?)^}};", source, re.MULTILINE | re.DOTALL).group(1)
    found, comment = [], []
    for line in map(str.strip, body.splitlines()):
        if line.startswith("//"):
            comment.append(line[2:].strip())
            continue
        if line:
            found.append((line.rstrip(",")[1:], " ".join(comment)))
        comment = []
    return found


def names_of(source, enum):
    """How each enumerator is told on the wire."""
    return dict(re.findall(rf'case {enum}::k(\w+):\s*return "([A-Z_]+)";', source))


def reasons(enums, names, table):
    rows = {name: (code, sentence) for name, code, sentence in ROW.findall(table)}
    late = dict(LATE.findall(table))
    yield "| reason | code | persisted | meaning | what to do |"
    yield "|---|---|---|---|---|"
    for name, comment in comments_of(enums, "Reason"):
        code, sentence = rows.pop(name)
        if name in late:
            code += f" or {late[name]}"
        match = LEFT.match(comment)
        left, advice = match.groups() if match else ("", comment)
        if not advice:
            raise ValueError(f"Reason::k{name} says nothing of what to do")
        yield f"| `{names[name]}` | {code} | {left} | {sentence} | {advice} |"
    if rows:
        raise ValueError(f"rows without an enumerator: {rows}")


def settlements(enums, names, table):
    codes = {}
    for cases, code in CASES.findall(table):
        for name in re.findall(r"SettleReason::k(\w+)", cases):
            codes[name] = code
    yield "| reason | code | meaning |"
    yield "|---|---|---|"
    for name, meaning in comments_of(enums, "SettleReason"):
        if not meaning:
            raise ValueError(f"SettleReason::k{name} has no comment")
        yield f"| `{names[name]}` | {codes[name]} | {meaning} |"


def main():
    root = pathlib.Path(sys.argv[1])
    broker = root / "daemon" / "broker"
    table = (root / "daemon" / "rpc" / "error_table.cc").read_text()
    enums = (broker / "reason.h").read_text()
    wire = (broker / "reason.cc").read_text()
    document = root / "docs" / "errors.md"
    wrong = made_table.update(
        document, "reasons",
        reasons(enums, names_of(wire, "Reason"), table), "the code")
    return wrong | made_table.update(
        document, "settlements",
        settlements(enums, names_of(wire, "SettleReason"), table), "the code")


if __name__ == "__main__":
    sys.exit(main())
