#!/usr/bin/env python3
"""Each stub beside its language's usual AMQP library, in one run: confirmed persistent publishes, and
consumption acknowledged message by message.

usage: tests/stubs/bench.py BUILD [--languages go,java] [--rounds 5] [--messages 20000] [--write]

BUILD is the folder of a release build with what tests/stubs/run.sh set up in it. Within a round both
ways publish and both consume, in an order that turns about; a ratio is taken within a round. After
each publishing piece the queue must hold what was confirmed, after each consuming one nothing.
--write puts the table into docs/performance.md. Needs RABBITMQ_NODE_DIR, the folder of a node.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import pika

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- stubs: begin -->\n", "<!-- stubs: end -->"
LIBRARIES = {"cpp": "rabbitmq-c", "python": "aio-pika", "go": "amqp091-go", "node": "amqplib",
             "java": "RabbitMQ Java client"}
TITLES = {"cpp": "C++", "python": "Python", "go": "Go", "node": "Node", "java": "Java"}
BODY_BYTES, WINDOW, QUEUE = 256, 1000, "bench"
SECONDS = 600


class Runner:
    def __init__(self, build, messages):
        self.build = build
        self.messages = messages
        self.world = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "stubs" / "world.py"], text=True,
            env={**os.environ, "SIDECAR_BINARY": str(build / "bin" / "amqp-sidecar")},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.world.stdin.write('{"do": "start", "name": "bench"}\n')
        self.world.stdin.flush()
        answer = json.loads(self.world.stdout.readline())
        if not answer["ok"]:
            raise SystemExit(answer["error"])
        self.address, self.amqp = answer["address"], answer["amqp"]
        self.connection = pika.BlockingConnection(pika.URLParameters(self.amqp + "?heartbeat=0"))
        self.channel = self.connection.channel()
        self.channel.queue_declare(QUEUE, durable=True)

    def ready(self):
        return self.channel.queue_declare(QUEUE, passive=True).method.message_count

    def expect(self, count, who):
        if self.ready() != count:
            raise SystemExit(f"{who}: the queue holds {self.ready()} instead of {count}")

    def piece(self, language, verb, way, messages):
        """Messages a second."""
        done = subprocess.run(
            ["./dev.sh", "bench", verb, way, "--queue", QUEUE, "--messages", str(messages), "--body",
             str(BODY_BYTES), "--window", str(WINDOW), "--amqp", self.amqp],
            cwd=ROOT / "client-stubs" / language, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            text=True, timeout=SECONDS,
            env={**os.environ, "AMQP_SIDECAR_ADDR": self.address,
                 "SIDECAR_CMAKE_BUILD": str(self.build),
                 "SIDECAR_STUB_BUILD": str(self.build / "stubs" / language)})
        if done.returncode != 0:
            raise SystemExit(f"{language}: bench {verb} {way} failed:\n{done.stdout}")
        figures = json.loads(done.stdout.splitlines()[-1])
        if figures["messages"] != messages:
            raise SystemExit(f"{language}: {verb} {way} did {figures['messages']} of {messages}")
        return messages / figures["seconds"]

    def round(self, language, turned):
        """By verb and way. What one way published the other consumes."""
        rates = {}
        ways = ["direct", "stub"]
        for publisher, consumer in (zip(ways, reversed(ways)) if turned else zip(reversed(ways), ways)):
            self.channel.queue_purge(QUEUE)
            rates["publish", publisher] = self.piece(language, "publish", publisher, self.messages)
            lie = self.ready()
            if lie < self.messages:
                raise SystemExit(f"{language}: {publisher} confirmed {self.messages}, there are {lie}")
            rates["consume", consumer] = self.piece(language, "consume", consumer, lie)
            self.expect(0, f"{language}: consume {consumer}")
        return rates

    def close(self):
        self.channel.queue_delete(QUEUE)
        self.connection.close()
        self.world.stdin.close()
        self.world.wait(timeout=60)


def spread(values, form):
    return f"{form(statistics.median(values))} ({form(min(values))}–{form(max(values))})"


def table(rounds):
    lines = ["| language | beside | | direct, messages/s | stub, messages/s | stub ÷ direct |",
             "| --- | --- | --- | --- | --- | --- |"]
    for language, of_language in rounds.items():
        for verb in ("publish", "consume"):
            direct = [rates[verb, "direct"] for rates in of_language]
            stub = [rates[verb, "stub"] for rates in of_language]
            ratios = [one / other for one, other in zip(stub, direct)]
            count = "{:,.0f}".format
            lines.append(f"| {TITLES[language]} | {LIBRARIES[language]} | {verb} | "
                         f"{spread(direct, count)} | {spread(stub, count)} | "
                         f"**{spread(ratios, '{:.2f}'.format)}** |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--languages", default=",".join(TITLES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    runner = Runner(options.build.resolve(), options.messages)
    rounds = {}
    try:
        for language in options.languages.split(","):
            runner.round(language, turned=False)  # warms up, and does not count
            rounds[language] = [runner.round(language, bool(i % 2)) for i in range(options.rounds)]
            print(table({language: rounds[language]}), flush=True)
    finally:
        runner.close()
    if options.write:
        document = ROOT / "docs" / "performance.md"
        before, rest = document.read_text().split(BEGIN)
        _, after = rest.split(END)
        text = (f"{options.messages:,} messages of {BODY_BYTES} B, {WINDOW:,} unconfirmed at once, a durable "
                f"classic queue; medians (lowest–highest) of {options.rounds} rounds.\n\n")
        document.write_text(before + BEGIN + "\n" + text + table(rounds) + "\n" + END + after)


main()
