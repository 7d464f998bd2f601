#!/usr/bin/env python3
"""The table of settings in docs/configuration.md is what the config proto says.

Usage: config_table.py ROOT [--write]
Without --write, exits 1 and shows the difference.
"""

import importlib
import pathlib
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

import made_table

CONFIG = "amqp_sidecar/config/v1/config.proto"
SETTING = "amqp_sidecar/config/v1/setting.proto"
PACKAGE = ".amqp_sidecar.config.v1."
DURATION = ".google.protobuf.Duration"


class Table:
    def __init__(self, files, setting):
        self.setting = setting
        self.rows = []
        self.messages = {}
        self.enums = {}
        self.comments = {}
        for file in files:
            for i, message in enumerate(file.message_type):
                name = f".{file.package}.{message.name}"
                self.messages[name] = message
                for location in file.source_code_info.location:
                    path = tuple(location.path)
                    if path[:2] == (4, i) and len(path) == 4 and path[2] == 2:
                        self.comments[name, path[3]] = location.leading_comments
            for enum in file.enum_type:
                self.enums[f".{file.package}.{enum.name}"] = enum

    def bounds(self, field, option):
        if option.min or option.max:
            return f"{option.min} to {option.max}"
        if field.type_name in self.enums:
            enum = self.enums[field.type_name]
            prefix = len(enum.value[0].name) - len("UNSPECIFIED")
            return ", ".join(v.name[prefix:].lower() for v in enum.value[1:])
        if field.type == field.TYPE_BOOL:
            return "true, false"
        return ""

    def default(self, field, option):
        repeated = field.label == field.LABEL_REPEATED
        if field.proto3_optional:
            return "left out"
        if not option.default:
            return "none" if repeated else "empty"
        return f"`[{option.default}]`" if repeated else f"`{option.default}`"

    def walk(self, message_name, prefix):
        for i, field in enumerate(self.messages[message_name].field):
            path = prefix + field.name
            option = field.options.Extensions[self.setting]
            comment = " ".join(self.comments[message_name, i].split())
            nested = field.type == field.TYPE_MESSAGE and field.type_name != DURATION
            if (field.type_name.startswith(PACKAGE) and nested and
                    field.label != field.LABEL_REPEATED):
                self.walk(field.type_name, path + ".")
                continue
            if option.not_yet:
                comment = "*Not in this version.* " + comment
            default = "none" if nested else self.default(field, option)
            comment = comment.replace("|", "\\|")
            self.rows.append(f"| `{path}` | {default} | {self.bounds(field, option)} | {comment} |")
            # A list of ours; the API's are described where they belong.
            if field.type_name.startswith(PACKAGE) and nested:
                self.walk(field.type_name, path + "[].")

    def lines(self):
        return ["| key | default | values | what it does |", "|---|---|---|---|", *self.rows]


def make_table(proto):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "set")
        subprocess.run(
            ["protoc", "-I", str(proto), "--include_source_info", "--include_imports",
             f"--descriptor_set_out={out}", f"--python_out={folder}", CONFIG, SETTING],
            check=True)
        # The option must be known before the descriptors are read.
        sys.path.insert(0, folder)
        setting = importlib.import_module("amqp_sidecar.config.v1.setting_pb2").setting
        files = descriptor_pb2.FileDescriptorSet()
        files.ParseFromString(out.read_bytes())
    table = Table(files.file, setting)
    table.walk(".amqp_sidecar.config.v1.Config", "")
    return table.lines()


def main():
    root = pathlib.Path(sys.argv[1])
    return made_table.update(root / "docs" / "configuration.md", "settings",
                             make_table(root / "proto"), "the proto")


if __name__ == "__main__":
    sys.exit(main())
