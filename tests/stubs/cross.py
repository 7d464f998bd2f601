#!/usr/bin/env python3
"""Each language publishes, each consumes: what arrives is what was sent, field by field.

usage: cross.py BUILD LANGUAGE...
A language that is skipped (see run.sh) is left out by name; in CI none is.
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 120


def text(data):
    return base64.b64encode(data).decode()


def headers_of_every_kind():
    scalars = {
        "text": {"string": "grüße, 世界 \U0001f407"},
        "empty": {"string": ""},
        "zero": {"int": "0"},
        "largest": {"int": str(2**63 - 1)},
        "smallest": {"int": str(-(2**63))},
        "beyond-2-53": {"int": str(2**53 + 1)},
        "half": {"double": 0.5},
        "integral": {"double": 3.0},
        "huge": {"double": 1.7976931348623157e308},
        "tiny": {"double": 5e-324},
        "yes": {"bool": True},
        "no": {"bool": False},
        "bytes": {"bytes": text(bytes(range(256)))},
        "no-bytes": {"bytes": ""},
        "then": {"timestamp": 1700000000},
        "epoch": {"timestamp": 0},
    }
    array = {"array": [*scalars.values(), {"array": []}, {"table": {}}]}
    return {**scalars, "array": array, "table": {"table": {**scalars, "inner": array}}}


def messages(language):
    """In the canonical form that the stubs' crosstalk programs read and print."""
    everything = {
        "content_type": "application/json", "content_encoding": "identity", "delivery_mode": 2,
        "priority": 255, "correlation_id": "c-1", "reply_to": "replies", "expiration_ms": 3600000,
        "timestamp": 1700000001, "type": "order.created", "user_id": "guest", "app_id": language,
    }
    cases = [
        ("everything", b'{"order_id": 1}', everything, headers_of_every_kind()),
        ("nothing", b"[]", {}, {}),
        ("bytes", bytes(range(256)) * 4,
         {"content_type": "application/octet-stream", "delivery_mode": 1}, {}),
        ("large", json.dumps({"text": "x" * 500_000}).encode(), {"priority": 1}, {}),
        ("unicode", '{"grüße": "世界"}'.encode(), {"type": "ü", "correlation_id": "世界"}, {}),
        ("milliseconds", b"1", {"expiration_ms": 3600001, "timestamp": 4102444800}, {}),
    ]
    return [{"body": text(body), "headers": headers,
             "properties": {**properties, "message_id": f"{language}-{name}"}}
            for name, body, properties, headers in cases]


def expected(message):
    defaults = {"content_type": "application/json", "delivery_mode": 2}
    return {**message, "properties": {**defaults, **message["properties"]}}


class Build:
    def __init__(self, folder):
        self.folder = folder

    def skipped(self, language):
        """Why it is skipped, or nothing."""
        mark = self.folder / "stubs" / language / "skipped"
        return mark.read_text().strip() if mark.exists() else ""

    def environment(self, language):
        return {**os.environ,
                "SIDECAR_STUB_BUILD": str(self.folder / "stubs" / language),
                "SIDECAR_CMAKE_BUILD": str(self.folder),
                "SIDECAR_BINARY": str(self.folder / "bin" / "amqp-sidecar"),
                "RABBITMQ_NODE_DIR": str(self.folder / "rabbitmq" / "stubs")}

    def crosstalk(self, language, address, *arguments):
        done = subprocess.run(
            ["./dev.sh", "crosstalk", *map(str, arguments)], cwd=ROOT / "client-stubs" / language,
            env={**self.environment(language), "AMQP_SIDECAR_ADDR": address},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=SECONDS)
        if done.returncode != 0:
            raise SystemExit(f"{language}: crosstalk {arguments[0]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


class World:
    """world.py, as a child."""

    def __init__(self, build):
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "stubs" / "world.py"], text=True,
            env=build.environment("world"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if not answer["ok"]:
            raise SystemExit(answer["error"])
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def differences(want, got, path=""):
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(want.keys() | got.keys()):
            if key not in got:
                yield f"{path}/{key}: missing"
            elif key not in want:
                yield f"{path}/{key}: {str(got[key])[:60]!r}, though nobody sent it"
            else:
                yield from differences(want[key], got[key], f"{path}/{key}")
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for i, (one, other) in enumerate(zip(want, got)):
            yield from differences(one, other, f"{path}/{i}")
    elif want != got or isinstance(want, bool) != isinstance(got, bool):
        yield f"{path}: {str(want)[:60]!r} became {str(got)[:60]!r}"


def run(build, languages, world, folder):
    topology = {
        "exchanges": [{"name": "cross", "type": "fanout"}],
        "queues": [{"name": f"cross.{language}"} for language in languages],
        "bindings": [{"queue": f"cross.{language}", "exchange": "cross"} for language in languages],
    }
    address = world.ask(do="start", name="cross", config={"topology": topology})["address"]
    for language in languages:
        file = folder / f"{language}.json"
        file.write_text(json.dumps(messages(language)))
        build.crosstalk(language, address, "publish", file, "cross", f"key.{language}")
    wrong = 0
    for consumer in languages:
        count = sum(len(messages(language)) for language in languages)
        got = json.loads(build.crosstalk(consumer, address, "consume", f"cross.{consumer}", count))
        by_id = {message["properties"].get("message_id"): message for message in got}
        if len(got) != count:
            raise SystemExit(f"{consumer} consumed {len(got)} of {count}")
        for publisher in languages:
            for message in messages(publisher):
                name = message["properties"]["message_id"]
                for difference in differences(expected(message), by_id.get(name, {})):
                    wrong += 1
                    print(f"{publisher} to {consumer}: {name}{difference}")
    return wrong


def main():
    build = Build(pathlib.Path(sys.argv[1]).resolve())
    languages = []
    for language in sys.argv[2:]:
        reason = build.skipped(language)
        if reason:
            print(f"stub skipped: {language}: {reason}")
        else:
            languages.append(language)
    if os.environ.get("CI") == "true" and len(languages) != len(sys.argv[2:]):
        raise SystemExit("in CI every language must run")
    if not languages:
        raise SystemExit(77)
    world = World(build)
    try:
        with tempfile.TemporaryDirectory() as folder:
            wrong = run(build, languages, world, pathlib.Path(folder))
    finally:
        world.close()
    print(f"{len(languages) ** 2} pairs: {wrong} differences")
    raise SystemExit(1 if wrong else 0)


main()
