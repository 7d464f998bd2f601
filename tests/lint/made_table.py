"""A part of a document that is made of something else: between two marks, and nobody's to edit.

Used by config_table.py, errors_table.py and metrics_table.py: run with --write, they write it; without,
they exit with 1 and show the difference.
"""

import difflib
import sys


def update(document, name, table, source):
    """Has `table` (lines) stand in `document` between the marks of `name`. Returns an exit code."""
    script = f"tests/lint/{sys.argv[0].rsplit('/', 1)[-1]}"
    begin = f"<!-- {name}: made by {script} -->\n"
    end = f"<!-- end of {name} -->"
    text = document.read_text()
    if text.count(begin) != 1 or text.count(end) != 1:
        print(f"{document} has no place for {name}: {begin.strip()} and {end}, once each")
        return 1
    wanted = text[:text.index(begin) + len(begin)] + "\n".join(table) + "\n" + text[text.index(end):]
    if "--write" in sys.argv:
        document.write_text(wanted)
        return 0
    if wanted == text:
        return 0
    sys.stdout.writelines(difflib.unified_diff(
        text.splitlines(True), wanted.splitlines(True), str(document), source))
    print(f"{document.name} is not what {source} says: run {script} . --write")
    return 1
