#!/usr/bin/env python3
"""The Python services of docs/migrating.md, before and after, do the same on a real broker.

Each gets 20 orders and two messages that are none, in a virtual host of its own: every order makes one
invoice, what is none is a dead letter, and nothing stays behind in the queue.

Usage: run_python.py ROOT AMQP_SIDECAR NODE_DIR
"""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import pika

ORDERS = 20
NOT_ORDERS = [b'{"order_id":', b'{"total": 1}']
TIMEOUT = 30


def block(document, info):
    found = re.findall(rf"^```{info}\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    if not found:
        raise ValueError(f"docs/migrating.md has no block that begins with ```{info}")
    return found[0]


def eventually(what, predicate):
    deadline = time.monotonic() + TIMEOUT
    while not predicate():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {TIMEOUT} s it is still not so that {what}")
        time.sleep(0.05)


@contextlib.contextmanager
def running(command, env, log):
    with open(log, "wb") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(TIMEOUT)


class Broker:
    def __init__(self, uri):
        self.uri = uri
        self.channel = pika.BlockingConnection(pika.URLParameters(uri)).channel()
        self.channel.confirm_delivery()
        # The invoices are another service's.
        self.channel.exchange_declare("invoices", "topic", durable=True)
        self.channel.queue_declare("invoices", durable=True)
        self.channel.queue_bind("invoices", "invoices", "invoice.*")

    def consumers(self):
        """Of the service's queue; asked on a channel that is closed where there is none yet."""
        connection = pika.BlockingConnection(pika.URLParameters(self.uri))
        try:
            return connection.channel().queue_declare(
                "billing", passive=True).method.consumer_count
        except pika.exceptions.ChannelClosedByBroker:
            return 0
        finally:
            connection.close()

    def publish(self, body):
        self.channel.basic_publish(
            "orders", "order.created", body,
            pika.BasicProperties(content_type="application/json", delivery_mode=2), mandatory=True)

    def waiting(self, queue):
        return self.channel.queue_declare(queue, passive=True).method.message_count

    def take(self, queue):
        bodies = []
        while True:
            method, properties, body = self.channel.basic_get(queue, auto_ack=True)
            if method is None:
                return bodies
            bodies.append((properties, body))


def check(broker, service, log):
    eventually("the service consumes", lambda: service.poll() is not None or broker.consumers())
    assert service.poll() is None, log.read_text()
    for order in range(1, ORDERS + 1):
        broker.publish(json.dumps({"order_id": order, "total": order * 2.5}).encode())
    for body in NOT_ORDERS:
        broker.publish(body)
    eventually("there is an invoice of each order", lambda: broker.waiting("invoices") >= ORDERS)
    eventually("what is no order is a dead letter",
               lambda: broker.waiting("billing.dead") >= len(NOT_ORDERS))
    invoices = broker.take("invoices")
    assert [json.loads(body) for _, body in invoices] == [
        {"order_id": order, "total": order * 2.5} for order in range(1, ORDERS + 1)], invoices
    assert [properties.message_id for properties, _ in invoices] == [
        f"invoice-{order}" for order in range(1, ORDERS + 1)]
    assert all(p.delivery_mode == 2 and p.content_type == "application/json" for p, _ in invoices)
    assert [body for _, body in broker.take("billing.dead")] == NOT_ORDERS


def check_settled(broker):
    """The service is gone: what it did not settle is back."""
    eventually("nobody consumes", lambda: broker.consumers() == 0)
    assert broker.waiting("billing") == 0, "orders were not acknowledged"
    print(f"{ORDERS} invoices, {len(NOT_ORDERS)} dead letters, nothing left")


def main():
    root, binary, node = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    document = (root / "docs" / "migrating.md").read_text()
    port = re.search(r"^RABBITMQ_PORT=(\d+)", (node / "env").read_text(), re.MULTILINE).group(1)
    ctl = [root / "tests" / "support" / "rabbitmq_node.sh", "ctl", node]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        folder = pathlib.Path(folder)
        (folder / "proto").symlink_to((root / "proto").resolve())
        subprocess.run(["bash", "-ec", block(document, "sh python")], cwd=folder, check=True)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AMQP_")}
        for which in ("before", "after"):
            print(f"== {which}", flush=True)
            host = f"migrating-{which}"
            uri = f"amqp://guest:guest@127.0.0.1:{port}/{host}"
            for words in (["add_vhost", host],
                          ["set_permissions", "-p", host, "guest", ".*", ".*", ".*"]):
                subprocess.run([*ctl, *words], check=True, stdout=subprocess.DEVNULL)
            stack.callback(subprocess.run, [*ctl, "delete_vhost", host], stdout=subprocess.DEVNULL)
            broker = Broker(uri)
            program, log = folder / f"{which}.py", folder / f"{which}.log"
            program.write_text(block(document, f"python {which}"))
            env = dict(clean, AMQP_URI=uri, PYTHONPATH=str(folder), PYTHONUNBUFFERED="1")
            with contextlib.ExitStack() as side:
                if which == "after":
                    # By the document's first configuration, and where it runs.
                    config = folder / "sidecar.yaml"
                    config.write_text(block(document, "yaml config"))
                    address = f"unix://{folder}/sidecar.sock"
                    env["AMQP_SIDECAR_ADDR"] = address
                    side.enter_context(running(
                        [binary, "run", "--config", config, "--amqp-uri", uri, "--listen", address,
                         "--set", "admin.listen="], clean, folder / "sidecar.log"))
                service = side.enter_context(running(["/usr/bin/python3", program], env, log))
                check(broker, service, log)
            check_settled(broker)
    return 0


if __name__ == "__main__":
    sys.exit(main())
