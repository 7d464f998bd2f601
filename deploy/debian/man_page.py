#!/usr/bin/env python3
"""The man page amqp-sidecar(1), made from what the binary itself says: --help, of it and of every
verb that it names. Written gzipped. Usage: man_page.py AMQP_SIDECAR FILE.gz
"""

import gzip
import pathlib
import re
import subprocess
import sys

ITEM = re.compile(r"^  (\S.*?)(?:\s{2,}(.*))?$")

AFTER = r"""
.SH FILES
.TP
.I /etc/amqp\-sidecar/config.yaml
What the service of the package runs with; every key is in it, with its default.
.TP
.I /run/amqp\-sidecar/sidecar.sock
Where it answers gRPC. Its group may call.
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
Drains: what is held can still be settled, by drain_timeout at most; then it ends. A second one ends it
at once.
.TP
.B SIGHUP
Has the rules for bodies and their schemas read again.
.SH ENVIRONMENT
.TP
.B NOTIFY_SOCKET
Where a service manager is told how it does, see
.BR sd_notify (3).
.SH SEE ALSO
.BR systemctl (1),
.BR rabbitmqctl (8)
"""


def escape(text):
    text = text.replace("\\", r"\e").replace("-", r"\-")
    return r"\&" + text if text[:1] in (".", "'") else text


def help_of(binary, *verb):
    return subprocess.run([binary, *verb, "--help"], check=True, capture_output=True, text=True,
                          timeout=30).stdout


class Help:
    """What one --help says, in its parts."""

    def __init__(self, text):
        self.about = []
        self.usage = ""
        self.items = {}  # of a section: [name, description]
        self.notes = []
        section = None
        for line in text.splitlines():
            if line.startswith("Usage:"):
                self.usage = line.removeprefix("Usage:").strip()
            elif re.fullmatch(r"[A-Z][a-z]+:", line):
                section = self.items.setdefault(line[:-1], [])
            elif section is None or (line and not line.startswith(" ")):
                section = [] if section is not None else None
                (self.about if section is None else self.notes).append(line)
            elif match := ITEM.match(line):
                section.append([match[1], match[2] or ""])
            elif line.strip():
                section[-1][1] = f"{section[-1][1]} {line.strip()}".strip()


def paragraphs(lines):
    for block in "\n".join(lines).strip().split("\n\n"):
        yield ".PP"
        yield escape(" ".join(block.split()))


def options(items):
    for name, text in items:
        yield ".TP"
        yield rf"\fB{escape(name)}\fR"
        yield escape(text)


def page(binary):
    top = Help(help_of(binary))
    version = subprocess.run([binary, "--version"], check=True, capture_output=True,
                             text=True, timeout=30).stdout.strip()
    verbs = top.items.get("Subcommands", [])
    if not verbs or not top.items.get("Options"):
        sys.exit("man_page.py: --help names no verbs or no options: has its form changed?")
    yield r'.\" Made from --help by deploy/debian/man_page.py.'
    yield f'.TH AMQP\\-SIDECAR 1 "" "{escape(version)}" "User Commands"'
    yield ".nh"
    yield ".ad l"
    yield ".SH NAME"
    yield r"amqp\-sidecar \- RabbitMQ beside a service, over gRPC"
    yield ".SH SYNOPSIS"
    yield rf".B {escape(top.usage)}"
    yield ".SH DESCRIPTION"
    yield from paragraphs(top.about)
    yield ".SH OPTIONS"
    yield from options(top.items["Options"])
    yield ".SH COMMANDS"
    for name, _ in verbs:
        verb = Help(help_of(binary, name))
        yield rf".SS {escape(verb.usage)}"
        yield from paragraphs(verb.about)
        own = [item for item in verb.items.get("Options", []) if item not in top.items["Options"]]
        yield from options(own)
        if len(own) < len(verb.items.get("Options", [])) - 1:
            yield ".PP"
            yield f"{'Also takes' if own else 'Takes'} the options above."
        # What all say is said once.
        notes = [line for line in verb.notes if line not in top.notes]
        if notes:
            yield from paragraphs(notes)
    yield ".SH NOTES"
    yield from paragraphs(top.notes)
    yield AFTER.strip()


def main():
    binary, out = sys.argv[1], pathlib.Path(sys.argv[2])
    text = "\n".join(page(binary)) + "\n"
    # The same from run to run: no name, no time.
    with open(out, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as zipped:
        zipped.write(text.encode())


if __name__ == "__main__":
    main()
