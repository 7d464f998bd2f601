#!/usr/bin/env python3
"""The runbook in docs/operations.md quotes what the sidecar says: every sentence behind "Log:" and
"Readiness:" is in the source, and every warning and error that the source logs is in the runbook.

Usage: check_operations.py ROOT
"""

import pathlib
import re
import sys

STRING = r'"(?:[^"\\]|\\.)*"'
# The second argument: a sentence, or a choice of two; or what a helper passes on.
LOG = re.compile(r"\bLog\(\s*(?:base::)?LogLevel::k(?:Warn|Error),\s*([^{};]*)", re.DOTALL)
PASSED_ON = re.compile(rf"\bTellNotMoved\(({STRING})")
QUOTED = re.compile(r"`([^`]+)`", re.DOTALL)


def literals(text):
    # Neighbours are one.
    joined = re.sub(r'(?<!\\)"\s*\n\s*"', "", text)
    return [literal[1:-1].replace('\\"', '"') for literal in re.findall(STRING, joined)]


def source(root):
    """(all string literals of the daemon, the sentences of its warnings and errors)"""
    everything, sentences = set(), set()
    for path in sorted((root / "daemon").rglob("*.cc")):
        text = "\n".join(line for line in path.read_text().splitlines()
                         if not line.lstrip().startswith(("//", "#include")))
        everything.update(literals(text))
        for arguments in LOG.findall(text):
            sentences.update(literals(arguments))
        sentences.update(sentence[1:-1] for sentence in PASSED_ON.findall(text))
    return everything, sentences - {""}


def paragraphs(text):
    """A bullet or a paragraph each, on one line."""
    for part in re.split(r"\n\s*\n|\n(?=- )", text):
        yield " ".join(part.split())


def main():
    root = pathlib.Path(sys.argv[1])
    everything, sentences = source(root)
    runbook = (root / "docs/operations.md").read_text()
    faults, quoted = [], set()
    for paragraph in paragraphs(runbook):
        _, log, said = paragraph.partition("Log: ")
        # A word is the name of a field.
        for sentence in QUOTED.findall(said) if log else []:
            if " " not in sentence:
                continue
            quoted.add(sentence)
            if sentence not in everything:
                faults.append(f"nothing logs `{sentence}`")
        _, readiness, said = paragraph.partition("Readiness: ")
        for sentence in QUOTED.findall(said) if readiness else []:
            # The first part is of the code, the cause behind it is not.
            parts = [part for part in sentence.split(": ") if part not in ("not ready", "why")]
            words = re.sub(r" to HOST.*| *why$", "", parts[0])
            if parts[0] == "degraded":
                words = parts[1]
            if not any(words in literal for literal in everything):
                faults.append(f"nothing says `{words}`")
    faults += [f"the runbook does not have the line `{sentence}`"
               for sentence in sorted(sentences - quoted)]
    for fault in faults:
        print(f"docs/operations.md: {fault}")
    print(f"{len(sentences)} warnings and errors, {len(quoted)} quoted, {len(faults)} faults")
    return 1 if faults or not sentences or not quoted else 0


if __name__ == "__main__":
    sys.exit(main())
