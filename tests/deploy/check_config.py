#!/usr/bin/env python3
"""The configuration of the package holds every key, with the default that the table of settings has.

It is accepted as it is, with nothing set, and with every line of it set. docs/configuration.md is made
from the config proto, so that a new setting is missed here. Usage: check_config.py ROOT AMQP_SIDECAR
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

ROW = re.compile(r"^\| `([\w.]+)` \| ([^|]*) \|", re.MULTILINE)
# A comment begins with one space, a key with none or with more.
KEY = re.compile(r"^#(?=[a-z]| {2,})", re.MULTILINE)
EXAMPLES = {"topology.exchanges", "topology.queues", "topology.bindings", "validation.rules"}


def settings(value, path=""):
    if not isinstance(value, dict):
        yield path, value
        return
    for key, inner in value.items():
        yield from settings(inner, f"{path}.{key}" if path else key)


def default(text):
    """As the table writes it, as YAML reads it."""
    if text == "empty":
        return ""
    if text == "none":
        return []
    text = text.strip("`")
    return [text[1:-1]] if text.startswith("[") else yaml.safe_load(text)


def refused(binary, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([binary, "check-config", "--config", file.name], env={}, text=True,
                              capture_output=True, timeout=30, check=False)
    return done.stderr.strip() if done.returncode != 0 else None


def main():
    root, binary = pathlib.Path(sys.argv[1]), sys.argv[2]
    text = (root / "deploy/config/config.yaml").read_text()
    table = dict(ROW.findall((root / "docs/configuration.md").read_text()))
    all_set = KEY.sub("", text)
    faults = [f"not accepted: {why}" for why in (refused(binary, text), refused(binary, all_set)) if why]
    if yaml.safe_load(text) is not None:
        faults.append("something is set")
    there = dict(settings(yaml.safe_load(all_set)))
    for key in sorted(table.keys() - there.keys()):
        faults.append(f"{key} is missing")
    for key, value in there.items():
        if key not in table:
            faults.append(f"{key} is no setting")
        elif key not in EXAMPLES and value != default(table[key]):
            faults.append(f"{key} is {value!r}, and the default is {table[key]}")
    for fault in faults:
        print(fault)
    print(f"{len(there)} settings, {len(faults)} faults")
    return 1 if faults or len(there) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
