#!/usr/bin/env python3
"""The table in docs/metrics.md is what /metrics has: made of the file that its golden test pins.

Usage: metrics_table.py ROOT [--write]
Without --write, exits 1 and shows the difference.
"""

import pathlib
import sys

import golden_metrics
import made_table


def cell(label, values):
    if not any(values):
        return f"`{label}`"
    return f"`{label}`: " + ", ".join(f"`{value}`" if value else "empty" for value in values)


def rows(metrics):
    yield "| metric | type | labels | what it says |"
    yield "|---|---|---|---|"
    for metric in metrics:
        if not metric.help or not metric.kind:
            raise ValueError(f"{metric.name} has no HELP or no TYPE")
        labels = "; ".join(cell(label, values) for label, values in metric.labels.items())
        text = metric.help.replace("|", "\\|")
        yield f"| `{metric.name}` | {metric.kind} | {labels} | {text} |"


def main():
    root = pathlib.Path(sys.argv[1])
    return made_table.update(root / "docs" / "metrics.md", "metrics",
                             list(rows(golden_metrics.read(root))), "/metrics")


if __name__ == "__main__":
    sys.exit(main())
