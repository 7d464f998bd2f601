"""PageCase: what the tests of the status page share: a sidecar and a page for each, publishes and
subscriptions, and what the page shows, as scripts to ask it.
"""

import contextlib
import json
import sys
import tempfile
import threading
import types
import unittest
import uuid

from browser import Browser
from world import Node, Sidecar, make_stubs

# Set by main(), for all tests of this process.
RUN = types.SimpleNamespace(binary=None, node=None, browser=None)
STUBS = types.SimpleNamespace(message=None, publisher=None, subscriber=None)

# The promise: what happens shows within this time.
SOON = 2.0
HEADLINE = "document.getElementById('headline').textContent"


def headline_is(text):
    return f"{HEADLINE} === {json.dumps(text)}"


def figure(path):
    """The digits that the page shows for a path of status.json."""
    name = json.dumps(f'[data-f="{path}"]')
    return f"(document.querySelector({name}) || {{}}).textContent"


def figure_is(path, value):
    return f"{figure(path)} === {json.dumps(f'{value:,}' if isinstance(value, int) else value)}"


def row_of(queue):
    return ("[...document.querySelectorAll('#rows tr')].find(row => "
            f"row.querySelector('[data-c=queue]').textContent === {json.dumps(queue)})")


def cell_is(queue, field, text):
    return f"(row => row && row.querySelector('[data-c={field}]').textContent === " \
           f"{json.dumps(text)})({row_of(queue)})"


class Subscription:
    """A subscription that keeps what it got, unsettled."""

    def __init__(self, sidecar, queue, prefetch=64):
        self._sidecar = sidecar
        self.ids = []
        call = sidecar.channel.unary_stream(
            "/amqp_sidecar.v1.SubscriberService/Subscribe",
            request_serializer=STUBS.subscriber.SubscribeRequest.SerializeToString,
            response_deserializer=STUBS.subscriber.SubscribeResponse.FromString)
        self.call = call(STUBS.subscriber.SubscribeRequest(queue=queue, prefetch=prefetch))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(Exception):  # the end of the call
            for response in self.call:
                self.ids += [delivery.delivery_id for delivery in response.deliveries]

    def settle(self, verb, count):
        ids, self.ids = self.ids[:count], self.ids[count:]
        answer = self._sidecar.unary("SubscriberService", verb,
                                     getattr(STUBS.subscriber, verb + "Request")(delivery_ids=ids),
                                     getattr(STUBS.subscriber, verb + "Response"))
        assert not answer.failures, answer


class PageCase(unittest.TestCase):
    """Each test has a sidecar and a page of its own, and queues that nobody else uses."""

    def setUp(self):
        self.mark = uuid.uuid4().hex[:8]
        self.queue = f"billing-{self.mark}"
        self.exchange = f"orders-{self.mark}"
        # Only a test that takes the sidecar away may see the browser complain of that.
        self.sidecar_stays = True
        self.pages = []

    def tearDown(self):
        for page in self.pages:
            with self.subTest("it asks nobody else"):
                elsewhere = [url for url in page.requests
                             if not url.startswith((self.sidecar.page, "data:"))]
                self.assertEqual(elsewhere, [])
            with self.subTest("the browser has no complaint"):
                if self.sidecar_stays:
                    self.assertEqual(page.complaints, [])

    def begin(self, more=""):
        topology = (f"{{exchanges: [{{name: {self.exchange}, type: topic, auto_delete: true}}], "
                    f"queues: [{{name: {self.queue}, arguments: {{x-expires: 120000}}}}, "
                    f"{{name: full-{self.mark}, arguments: {{x-expires: 120000, x-max-length: 1, x-overflow: reject-publish}}}}], "
                    f'bindings: [{{queue: {self.queue}, exchange: {self.exchange}, routing_key: "order.*"}}]}}')
        self.sidecar = self.enterContext(Sidecar(RUN.binary, RUN.node.port(), topology, more))
        self.sidecar.wait_ready()

    def open(self, **look):
        page = RUN.browser.open(self.sidecar.page, **look)
        self.pages.append(page)
        return page

    def item(self, key="order.created", body=b'{"order_id":1}', exchange=None, allow=False):
        message = STUBS.message.Message(exchange=self.exchange if exchange is None else exchange,
                                  routing_key=key, body=body)
        return STUBS.publisher.PublishItem(message=message, allow_unroutable=allow)

    def publish(self, items):
        """What became of them, by reason; "" is OK and routed, "unrouted" OK and in no queue."""
        call = self.sidecar.channel.stream_stream(
            "/amqp_sidecar.v1.PublisherService/PublishStream",
            request_serializer=STUBS.publisher.PublishStreamRequest.SerializeToString,
            response_deserializer=STUBS.publisher.PublishStreamResponse.FromString)
        requests = [STUBS.publisher.PublishStreamRequest(items=items[at:at + 100])
                    for at in range(0, len(items), 100)]
        outcomes = {}
        for response in call(iter(requests), timeout=60):
            for result in response.results:
                name = result.reason or ("" if result.routed else "unrouted")
                outcomes[name] = outcomes.get(name, 0) + 1
        self.assertEqual(sum(outcomes.values()), len(items))
        return outcomes

    def soon(self, page, script):
        page.wait(script, SOON)


def main():
    """Runs the tests of the calling file: FILE AMQP_SIDECAR NODE_FOLDER [TEST...]."""
    RUN.binary, RUN.node = sys.argv[1], Node(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="stubs.") as stubs:
        STUBS.message, STUBS.publisher, STUBS.subscriber = make_stubs(stubs)
        with Browser() as RUN.browser:
            unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[3:]])
