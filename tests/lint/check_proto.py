#!/usr/bin/env python3
"""Every message, field, rpc, service, enum and enum value of our protos has a comment, names are in
protobuf's style, and a field that holds a setting says so.

Usage: check_proto.py ROOT
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

SNAKE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
PASCAL = re.compile(r"^([A-Z][a-z0-9]*)+$")
UPPER = re.compile(r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")


def descriptors(proto):
    files = sorted(str(p.relative_to(proto)) for p in proto.rglob("*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(
            ["protoc", "-I", str(proto), "--include_source_info",
             f"--descriptor_set_out={out.name}", *files],
            check=True)
        found = descriptor_pb2.FileDescriptorSet()
        found.ParseFromString(out.read())
    return found.file


class Checker:
    def __init__(self, file):
        self.file = file
        self.faults = []
        self.count = 0
        self.comments = {}
        for location in file.source_code_info.location:
            text = location.leading_comments + location.trailing_comments
            self.comments[tuple(location.path)] = (text.strip(), location.span[0] + 1)

    def check(self, path, name, style):
        self.count += 1
        comment, line = self.comments.get(tuple(path), ("", 0))
        where = f"proto/{self.file.name}:{line}"
        if not comment:
            self.faults.append(f"{where}: {name} has no comment")
        if not style.match(name.split(".")[-1]):
            self.faults.append(f"{where}: {name} is not named in protobuf's style")

    def enum(self, path, enum, scope):
        self.check(path, f"{scope}{enum.name}", PASCAL)
        for i, value in enumerate(enum.value):
            self.check([*path, 2, i], f"{scope}{enum.name}.{value.name}", UPPER)

    def message(self, path, message, scope):
        if message.options.map_entry:
            return
        name = f"{scope}{message.name}"
        self.check(path, name, PASCAL)
        for i, field in enumerate(message.field):
            self.check([*path, 2, i], f"{name}.{field.name}", SNAKE)
        for i, nested in enumerate(message.nested_type):
            self.message([*path, 3, i], nested, name + ".")
        for i, nested in enumerate(message.enum_type):
            self.enum([*path, 4, i], nested, name + ".")

    def run(self):
        for i, message in enumerate(self.file.message_type):
            self.message([4, i], message, "")
        for i, enum in enumerate(self.file.enum_type):
            self.enum([5, i], enum, "")
        for i, service in enumerate(self.file.service):
            self.check([6, i], service.name, PASCAL)
            for j, method in enumerate(service.method):
                self.check([6, i, 2, j], f"{service.name}.{method.name}", PASCAL)
        return self


def main():
    proto = pathlib.Path(sys.argv[1]) / "proto"
    faults = []
    count = 0
    for file in descriptors(proto):
        checker = Checker(file).run()
        faults.extend(checker.faults)
        count += checker.count
    for fault in faults:
        print(fault)
    print(f"{count} names, {len(faults)} faults")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
