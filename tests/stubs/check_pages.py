#!/usr/bin/env python3
"""The page of each stub shows its four examples, word for word: blocks that begin with
```LANGUAGE examples/FILE. Usage: check_pages.py CLIENT_STUBS
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"^```\w+ (\S*examples/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WANTED = {"publish", "bulkpublish", "worker", "topology"}


def name_of(file):
    return re.sub(r"[^a-z]", "", pathlib.PurePath(file).with_suffix("").name.lower())


def faults(page):
    shown = {}
    for file, text in BLOCK.findall(page.read_text()):
        example = page.parent / file
        # A Go example is main.go in a folder of its name.
        name = name_of(file if name_of(file) != "main" else str(pathlib.PurePath(file).parent))
        shown[name] = file
        if not example.is_file():
            yield f"{file} is not there"
        elif example.read_text().strip() != text.strip():
            yield f"{file} is not what is shown"
    for missing in WANTED - shown.keys():
        yield f"no block shows the example {missing}"


def main():
    pages = sorted(pathlib.Path(sys.argv[1]).glob("*/README.md"))
    wrong = [f"{page}: {fault}" for page in pages for fault in faults(page)]
    print("\n".join(wrong) or f"{len(pages)} pages")
    sys.exit(1 if wrong or len(pages) != 5 else 0)


main()
