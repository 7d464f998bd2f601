#!/usr/bin/env python3
"""What a run of bench gave: the goals on standard output, tables and a picture on demand.

Usage: report.py FIGURES.json [--markdown FILE] [--svg FILE]

A Markdown file that has the marks of the measured part keeps what stands around them; any other is
written anew.
"""

import argparse
import json
import pathlib
import sys
import typing

sys.dont_write_bytecode = True  # nothing is left between the sources

from figures import consume_pairs_of, pairs_of  # noqa: E402
from goals import goals_of, verdict  # noqa: E402
from picture import svg  # noqa: E402
from tables import markdown  # noqa: E402

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"


def with_tables(document: str, tables: str) -> str:
    if BEGIN not in document:
        return tables
    before, rest = document.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def goal_lines(figures: dict[str, typing.Any]) -> list[str]:
    return [f"{verdict(goal):12} {goal.name}: {goal.value} ({goal.bound})"
            for goal in goals_of(figures)]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("figures", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--svg", type=pathlib.Path)
    arguments = parser.parse_args()
    figures = json.loads(arguments.figures.read_text(encoding="utf-8"))
    if arguments.markdown:
        old = arguments.markdown.read_text(encoding="utf-8") if arguments.markdown.exists() else ""
        picture = arguments.svg.name if arguments.svg else ""  # in the same folder
        tables = markdown(figures, picture)
        arguments.markdown.write_text(with_tables(old, tables), encoding="utf-8")
    if arguments.svg:
        arguments.svg.write_text(svg([*pairs_of(figures), *consume_pairs_of(figures)]),
                                 encoding="utf-8")
    print("\n".join(goal_lines(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
