#!/usr/bin/env python3
"""Makes docs/status-page.png and docs/status-page-phone.png from a demo with real traffic: orders
that are published, billed and shipped by slow services, mistakes of callers, and a broker that is
away for a while.

Usage: screenshot.py AMQP_SIDECAR FOLDER [SECONDS]   (600 fill the charts)
"""

import collections
import math
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time

import grpc
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser  # pylint: disable=wrong-import-position
from world import Node, Sidecar, make_stubs  # pylint: disable=wrong-import-position

TOPOLOGY = """{
  exchanges: [{name: orders, type: topic}],
  queues: [{name: billing}, {name: shipping}, {name: "fraud-check"}],
  bindings: [{queue: billing, exchange: orders, routing_key: "order.*"},
             {queue: shipping, exchange: orders, routing_key: order.paid},
             {queue: "fraud-check", exchange: orders, routing_key: order.suspicious}]}"""
ADDRESS = "127.0.0.1:7673"
MOST_WAITING = 150  # as a service that minds its own memory


class Demo:
    """Publishers and consumers until stop is set."""

    def __init__(self, sidecar, stubs):
        self._sidecar = sidecar
        self._message, self._publisher, self._subscriber = stubs
        self.stop = threading.Event()
        self._waiting = 0  # published and not answered
        publish = (self._publish,)
        consume = [(self._consume, *how) for how in (
            ("billing", 64, 0.02), ("billing", 64, 0.03), ("shipping", 64, 0.04), ("fraud-check", 20, 40))]
        for work, *arguments in [publish, *consume]:
            threading.Thread(target=self._until_the_end, args=(work, *arguments), daemon=True).start()

    def _until_the_end(self, work, *arguments):
        try:
            work(*arguments)
        except grpc.RpcError:
            if not self.stop.is_set():
                raise

    def _items(self):
        """Fifty milliseconds of orders: more and fewer with time."""
        now = time.monotonic()
        rate = 260 + 90 * math.sin(now / 34) + 35 * math.sin(now / 7) + random.gauss(0, 9)
        for _ in range(max(1, int(rate / 20))):
            key, body = random.choice(["order.created", "order.paid"]), b'{"order_id":1,"total":"9.90"}'
            lot = random.random()
            if lot < 0.0008:
                key = "order.suspicious"
            elif lot < 0.0011:
                key = "invoice.created.eu"  # that nobody has bound
            elif lot < 0.0013:
                body = b'{"order_id":'
            yield self._publisher.PublishItem(
                message=self._message.Message(exchange="orders", routing_key=key, body=body))

    def _requests(self):
        while not self.stop.wait(0.05):
            if self._waiting < MOST_WAITING:
                items = list(self._items())
                self._waiting += len(items)
                yield self._publisher.PublishStreamRequest(items=items)

    def _publish(self):
        call = self._sidecar.channel.stream_stream(
            "/amqp_sidecar.v1.PublisherService/PublishStream",
            request_serializer=self._publisher.PublishStreamRequest.SerializeToString,
            response_deserializer=self._publisher.PublishStreamResponse.FromString)
        for response in call(self._requests()):
            self._waiting -= len(response.results)

    def _consume(self, queue, prefetch, work):
        call = self._sidecar.channel.unary_stream(
            "/amqp_sidecar.v1.SubscriberService/Subscribe",
            request_serializer=self._subscriber.SubscribeRequest.SerializeToString,
            response_deserializer=self._subscriber.SubscribeResponse.FromString)
        request = self._subscriber.SubscribeRequest(queue=queue, prefetch=prefetch)
        for response in call(request):
            ids = [delivery.delivery_id for delivery in response.deliveries]
            if ids and not self.stop.wait(random.uniform(0.5, 1.5) * work):
                try:
                    self._sidecar.unary("SubscriberService", "Ack",
                                        self._subscriber.AckRequest(delivery_ids=ids),
                                        self._subscriber.AckResponse)
                except grpc.RpcError:
                    pass  # the link was lost: it comes again


def make_small(file):
    """A page has few colours: a third of the size. Each is the one that most of its pixels had."""
    with Image.open(file) as image:
        image = image.convert("RGB")
    few = image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = few.getpalette()
    pairs = collections.Counter(zip(few.getdata(), image.getdata()))
    for (index, colour), _ in reversed(pairs.most_common()):
        palette[3 * index:3 * index + 3] = colour
    few.putpalette(palette)
    few.save(file, optimize=True)


def take(sidecar, folder):
    with Browser() as browser:
        for name, look, whole in (
                ("status-page.png", {"width": 1240, "height": 900}, True),
                ("status-page-phone.png", {"width": 360, "height": 780, "dark": True, "scale": 1.5}, False)):
            page = browser.open(sidecar.page, **look)
            page.wait("points.length > 10 && document.getElementById('headline').textContent === "
                      "'Messages flow'", 10)
            # So that the newest point has its rate.
            page.wait("/[1-9]/.test(document.querySelector('[data-f=\"now.confirmed\"]').textContent)", 10)
            page.screenshot(folder / name, whole)
            make_small(folder / name)
            print(f"{folder / name}: {(folder / name).stat().st_size} bytes")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # takes the broker with it
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 600
    with tempfile.TemporaryDirectory(prefix="screenshot.") as place:
        stubs = make_stubs(place)
        node = Node(f"{place}/rabbitmq")
        node("start")
        try:
            with Sidecar(binary, node.port(), TOPOLOGY, admin=ADDRESS) as sidecar:
                sidecar.wait_ready()
                demo = Demo(sidecar, stubs)
                time.sleep(seconds * 0.55)
                node("shutdown")
                time.sleep(min(12, seconds * 0.1))
                node("resume")
                sidecar.wait_ready(seconds=60)
                time.sleep(seconds * 0.43)
                take(sidecar, folder)
                demo.stop.set()
        finally:
            node("stop")


if __name__ == "__main__":
    main()
