#!/usr/bin/env python3
"""What the documents point at is there, and what they configure is a configuration.

Checked: relative links and the sections they name; paths of this project in backticks; every block that begins with
```yaml config, by amqp-sidecar check-config, as if it stood in the document's folder.

Usage: check_docs.py ROOT AMQP_SIDECAR
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import headings

LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")
PATH = re.compile(r"`((?:client-stubs|daemon|deploy|docs|proto|tests)/[\w./-]*)[^`]*`")
CONFIG = re.compile(r"^```yaml config\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documents(root):
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"),
                   *(root / "client-stubs").glob("*.md"), *(root / "client-stubs").glob("*/*.md")])


def broken_pointers(root, document, text):
    for link, section in LINK.findall(text):
        target = document.parent / link if link else document
        if "://" in link:
            continue
        if not target.exists():
            yield f"links to {link}"
        elif section and target.suffix == ".md" and section not in headings.anchors(target):
            yield f"links to {link}#{section}"
    for path in PATH.findall(text):
        if not (root / path).exists():
            yield f"names {path}"


def bad_configs(binary, document, text):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("AMQP_SIDECAR_")}
    for block in CONFIG.findall(text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(block)
            file.flush()
            command = [binary, "check-config", "--config", file.name,
                       "--set", f"validation.schema_dir={document.parent.resolve()}"]
            done = subprocess.run(command, env=clean, capture_output=True, text=True, timeout=30,
                                  check=False)
        if done.returncode != 0:
            yield done.stderr.strip()


def main():
    root, binary = pathlib.Path(sys.argv[1]), sys.argv[2]
    faults = 0
    configs = 0
    for document in documents(root):
        text = document.read_text()
        configs += len(CONFIG.findall(text))
        for fault in [*broken_pointers(root, document, text), *bad_configs(binary, document, text)]:
            print(f"{document.relative_to(root)}: {fault}")
            faults += 1
    print(f"{len(documents(root))} documents, {configs} configurations, {faults} faults")
    return 1 if faults or not configs else 0


if __name__ == "__main__":
    sys.exit(main())
