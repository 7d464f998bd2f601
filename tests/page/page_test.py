#!/usr/bin/env python3
"""The status page in a real browser, with the real daemon and a real broker.

Usage: page_test.py AMQP_SIDECAR NODE_FOLDER [TEST...]
"""

import contextlib
import json
import pathlib
import re
import signal
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from browser import Browser  # pylint: disable=wrong-import-position
from world import Node, Sidecar, make_stubs, wait_for  # pylint: disable=wrong-import-position

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
            request_serializer=SUBSCRIBER.SubscribeRequest.SerializeToString,
            response_deserializer=SUBSCRIBER.SubscribeResponse.FromString)
        self.call = call(SUBSCRIBER.SubscribeRequest(queue=queue, prefetch=prefetch))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(Exception):  # the end of the call
            for response in self.call:
                self.ids += [delivery.delivery_id for delivery in response.deliveries]

    def settle(self, verb, count):
        ids, self.ids = self.ids[:count], self.ids[count:]
        answer = self._sidecar.unary("SubscriberService", verb,
                                     getattr(SUBSCRIBER, verb + "Request")(delivery_ids=ids),
                                     getattr(SUBSCRIBER, verb + "Response"))
        assert not answer.failures, answer


class PageTest(unittest.TestCase):
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
                    f"queues: [{{name: {self.queue}}}, "
                    f"{{name: full-{self.mark}, arguments: {{x-max-length: 1, x-overflow: reject-publish}}}}], "
                    f'bindings: [{{queue: {self.queue}, exchange: {self.exchange}, routing_key: "order.*"}}]}}')
        self.sidecar = self.enterContext(Sidecar(BINARY, NODE.port(), topology, more))
        self.sidecar.wait_ready()

    def open(self, **look):
        page = BROWSER.open(self.sidecar.page, **look)
        self.pages.append(page)
        return page

    def item(self, key="order.created", body=b'{"order_id":1}', exchange=None, allow=False):
        message = MESSAGE.Message(exchange=self.exchange if exchange is None else exchange,
                                  routing_key=key, body=body)
        return PUBLISHER.PublishItem(message=message, allow_unroutable=allow)

    def publish(self, items):
        """What became of them, by reason; "" is OK and routed, "unrouted" OK and in no queue."""
        call = self.sidecar.channel.stream_stream(
            "/amqp_sidecar.v1.PublisherService/PublishStream",
            request_serializer=PUBLISHER.PublishStreamRequest.SerializeToString,
            response_deserializer=PUBLISHER.PublishStreamResponse.FromString)
        requests = [PUBLISHER.PublishStreamRequest(items=items[at:at + 100])
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

    # ---- what happens shows within two seconds

    def test_publishes_and_their_rate_show_within_two_seconds(self):
        self.begin()
        page = self.open()
        self.soon(page, headline_is("Messages flow"))
        self.assertEqual(self.publish([self.item() for _ in range(1250)]), {"": 1250})
        self.soon(page, figure_is("publisher.confirmed", 1250))
        self.publish([self.item("nowhere")] * 3)
        self.soon(page, figure_is("failed", 3) + " && " + figure_is("publisher.failed.UNROUTABLE", 3))
        self.soon(page, "document.querySelectorAll('#failed li').length === 1")
        self.soon(page, "document.getElementById('notes').textContent.includes('3 publishes failed')")
        # Published again and again until it has been seen as a rate.
        self.publish([self.item() for _ in range(500)])
        self.soon(page, f"Number({figure('now.confirmed')}.replace(/,/g, '')) > 0")
        self.soon(page, "document.querySelector('#charts path.first[d*=L]') !== null")

    def test_a_subscription_shows_with_what_it_counts_within_two_seconds(self):
        self.begin()
        page = self.open()
        self.soon(page, "!document.getElementById('no-rows').hidden")
        self.publish([self.item()] * 20)
        subscription = Subscription(self.sidecar, self.queue, prefetch=12)
        wait_for(lambda: len(subscription.ids) == 12, 10, "the deliveries are there")
        self.soon(page, cell_is(self.queue, "delivered", "12"))
        self.soon(page, cell_is(self.queue, "unsettled", "12"))
        self.soon(page, f"/\\d.(ms|s)$/.test({row_of(self.queue)}"
                        ".querySelector('[data-c=oldest_unsettled_age]').textContent)")
        subscription.settle("Ack", 5)
        subscription.settle("Reject", 1)
        self.soon(page, cell_is(self.queue, "acked", "5"))
        self.soon(page, cell_is(self.queue, "rejected", "1"))
        self.soon(page, figure_is("deliveries.acked", 5))
        self.soon(page, f"Number({figure('now.unsettled')}) > 0")
        subscription.call.cancel()
        self.soon(page, f"{row_of(self.queue)} === undefined")
        self.soon(page, figure_is("deliveries.acked", 5))

    def test_the_broker_stops_and_comes_back_and_the_page_says_so(self):
        self.begin()
        page = self.open()
        self.soon(page, headline_is("Messages flow"))
        icon = page.ask("document.getElementById('favicon').href")
        NODE("kill")
        self.soon(page, headline_is("The broker is away"))
        self.assertTrue(page.ask("document.title").startswith("The broker is away"))
        self.assertNotEqual(page.ask("document.getElementById('favicon').href"), icon)
        page.wait("/Next try in/.test(document.getElementById('soon').textContent)", 10)
        self.assertRegex(page.ask("document.getElementById('why').textContent"), "refused")
        self.assertRegex(page.ask(figure("readiness")), "^not ready: no connection")
        self.assertRegex(page.ask("document.getElementById('events').textContent"), "warning")
        NODE("resume")
        self.sidecar.wait_ready(seconds=60)
        self.soon(page, headline_is("Messages flow"))
        self.soon(page, figure_is("connection.reconnects", 1))
        self.assertEqual(page.ask("document.getElementById('favicon').href"), icon)
        self.soon(page, "document.querySelector('#charts rect.away') !== null")
        # One that is opened afterwards shows it at once, too.
        later = self.open()
        self.soon(later, "document.querySelector('#charts rect.away') !== null")

    def test_an_alarm_of_the_broker_is_said_in_its_words(self):
        self.begin()
        page = self.open()
        self.soon(page, headline_is("Messages flow"))
        # The broker tells only those who have published.
        self.publish([self.item()])
        try:
            NODE("ctl", "set_vm_memory_high_watermark", "0.0000001")
            call = threading.Thread(target=lambda: self.publish([self.item()]))
            call.start()
            self.sidecar.wait_ready("degraded")
            self.soon(page, headline_is("The broker accepts no publishes"))
            self.assertRegex(page.ask("document.getElementById('why').textContent"), "memory")
            self.soon(page, "document.querySelector('#charts rect.blocked') !== null")
        finally:
            NODE("ctl", "set_vm_memory_high_watermark", "0.4")
        self.sidecar.wait_ready()
        self.soon(page, headline_is("Messages flow"))
        call.join()

    def test_a_sidecar_that_does_not_answer_is_told_apart_from_a_broker_that_is_away(self):
        self.sidecar_stays = False
        self.begin()
        page = self.open()
        self.soon(page, headline_is("Messages flow"))
        self.sidecar.process.send_signal(signal.SIGSTOP)
        self.soon(page, headline_is("The sidecar does not answer"))
        self.assertRegex(page.ask("document.getElementById('why').textContent"), r"as of \d\d:\d\d")
        self.sidecar.process.send_signal(signal.SIGCONT)
        self.soon(page, headline_is("Messages flow"))
        self.sidecar.process.kill()
        self.soon(page, headline_is("The sidecar does not answer"))

    def test_a_thread_that_is_stuck_is_said_while_it_is_stuck(self):
        self.begin()
        page = self.open()
        self.soon(page, headline_is("Messages flow"))
        with self.sidecar.stop_io_thread():
            # What is called stuck is the sidecar's to say.
            wait_for(lambda: "stalled" in json.loads(self.sidecar.get("status.json")[1]), 10,
                     "status.json says that it is stuck")
            self.soon(page, headline_is("The sidecar's own thread is stuck"))
            before = json.loads(self.sidecar.get("history.json")[1])["samples"]
            wait_for(lambda: len(json.loads(self.sidecar.get("history.json")[1])["samples"]) >
                     len(before), 5, "the history goes on")
        self.soon(page, headline_is("Messages flow"))

    def test_a_sidecar_that_drains_says_so(self):
        self.sidecar_stays = False
        self.begin("drain_timeout: 30s")
        page = self.open()
        self.publish([self.item()])
        subscription = Subscription(self.sidecar, self.queue)
        wait_for(lambda: subscription.ids, 10, "the delivery is there")
        self.sidecar.process.send_signal(signal.SIGTERM)
        self.soon(page, headline_is("Draining"))
        subscription.settle("Ack", 1)
        self.assertEqual(self.sidecar.process.wait(20), 0)
        self.soon(page, headline_is("The sidecar does not answer"))

    # ---- the figures

    def test_every_figure_is_that_of_status_json_after_publishes_of_all_outcomes(self):
        self.begin("limits: {max_message_bytes: 2000}")
        page = self.open()
        full = [self.item(f"full-{self.mark}", exchange="")]
        wait_for(lambda: "REFUSED_BY_BROKER" in self.publish(full), 20, "the queue is full")
        kinds = [self.item()] * 5 + [self.item("nowhere"), self.item("nowhere", allow=True),
                 self.item(body=b"{"), self.item(body=b'"' + b"x" * 3000 + b'"'),
                 self.item(exchange="missing-" + self.mark)]
        outcomes = self.publish(kinds * 200 + full * 30)
        self.assertEqual(outcomes, {"": 1000, "unrouted": 200, "UNROUTABLE": 200, "INVALID_BODY": 200,
                                    "MESSAGE_TOO_LARGE": 200, "EXCHANGE_NOT_FOUND": 200,
                                    "REFUSED_BY_BROKER": 30})
        subscription = Subscription(self.sidecar, self.queue, prefetch=500)
        wait_for(lambda: len(subscription.ids) == 500, 20, "the deliveries are there")
        subscription.settle("Ack", 300)
        wait_for(lambda: len(subscription.ids) == 500, 20, "the deliveries are there")
        subscription.settle("Reject", 20)
        wait_for(lambda: len(subscription.ids) == 500, 20, "the deliveries are there")
        status = json.loads(self.sidecar.get("status.json")[1])
        publisher = status["publisher"]
        self.assertEqual(publisher["failed"]["UNROUTABLE"], "200")
        self.soon(page, figure_is("publisher.unrouted", 200))
        self.soon(page, cell_is(self.queue, "rejected", "20"))
        wait_for(lambda: self.shown(page) == self.told(status), SOON,
                 f"{self.shown(page)} is {self.told(status)}")
        failed = sum(int(count) for count in publisher["failed"].values())
        self.assertEqual(page.ask(figure("failed")), f"{failed:,}")

    @staticmethod
    def shown(page):
        """All figures of the page, as texts without the marks between thousands."""
        shown = page.ask("""Object.fromEntries([
            ...[...document.querySelectorAll('[data-f]')].filter(one => !one.dataset.f.startsWith('now.'))
              .map(one => [one.dataset.f, one.textContent]),
            ...[...document.querySelectorAll('#rows [data-c]')].map(one => ['row.' + one.dataset.c, one.textContent])])""")
        for name in ("connection.broker", "publisher.in_flight_bytes", "row.oldest_unsettled_age",
                     "failed"):
            shown.pop(name, None)
        return {name: re.sub(r"(?<=\d),(?=\d)", "", text) for name, text in shown.items()}

    @staticmethod
    def told(status):
        """The same of status.json with one subscription."""
        told = {"version": status["version"], "readiness": status["readiness"]}
        link = status["connection"]
        told["connection.endpoint"] = link["endpoint"]
        told["connection.reconnects"] = link["reconnects"]
        told["connection.last_error"] = link["last_error"] or "none"
        publisher = status["publisher"]
        for name in ("confirmed", "unrouted", "in_flight"):
            told["publisher." + name] = str(publisher[name])
        for name, count in publisher["failed"].items():
            told["publisher.failed." + name] = count
        deliveries = dict(status["deliveries"])
        for name, count in deliveries.pop("settle_failures").items():
            told["deliveries.settle_failures." + name] = count
        for name, count in deliveries.items():
            told["deliveries." + name] = count
        one, = status["subscriptions"]
        for name in ("queue", "peer", "unsettled", "delivered", "redelivered", "acked", "nacked",
                     "rejected", "retried", "dead_lettered", "deadline_expired", "invalid"):
            told["row." + name] = str(one[name])
        return told

    def test_of_many_subscriptions_those_in_trouble_come_first(self):
        self.begin()
        page = self.open()
        subscriptions = [Subscription(self.sidecar, self.queue, prefetch=1) for _ in range(150)]
        # Of another queue, which waits: a consumer that is exclusive keeps the others out.
        wait_for(lambda: len(json.loads(self.sidecar.get("status.json")[1])["subscriptions"]) == 150,
                 20, "150 subscriptions")
        self.soon(page, "document.getElementById('subscription-count').textContent === '150 open'")
        self.assertEqual(page.ask("document.querySelectorAll('#rows tr').length"), 60)
        page.ask("document.getElementById('show-all').click()")
        self.soon(page, "document.querySelectorAll('#rows tr').length === 150")
        page.ask("(filter => { filter.value = 'no such'; filter.dispatchEvent(new Event('input')); })"
                 "(document.getElementById('filter'))")
        self.soon(page, "document.querySelectorAll('#rows tr').length === 0")
        order = page.ask("""[
            {queue: 'a', consumer_tag: '1', active: true},
            {queue: 'b', consumer_tag: '2', active: true, oldest_unsettled_age: '45s'},
            {queue: 'c', consumer_tag: '3', active: false},
            {queue: 'd', consumer_tag: '4', active: true, oldest_unsettled_age: '3s'},
            {queue: 'e', consumer_tag: '5', active: true, oldest_unsettled_age: '90.5s'},
          ].sort(byTrouble).map(one => one.queue).join('')""")
        self.assertEqual(order, "cebad")
        for subscription in subscriptions:
            subscription.call.cancel()

    # ---- what it is like

    def test_names_that_are_hostile_are_text(self):
        hostile = f"<img src=x onerror=window.hit=1>{self.mark}"
        self.queue = hostile
        self.begin_with_queue(hostile)
        page = self.open()
        subscription = Subscription(self.sidecar, hostile)
        self.soon(page, f"{row_of(hostile)} !== undefined")
        # A queue that is not there is named in the events, where the sidecar has some.
        self.assertEqual(page.ask("[window.hit === undefined, document.images.length, "
                                  "document.querySelectorAll('script').length]"), [True, 0, 1])
        subscription.call.cancel()

    def begin_with_queue(self, name):
        topology = json.dumps({"queues": [{"name": name, "auto_delete": True}]})
        self.sidecar = self.enterContext(Sidecar(BINARY, NODE.port(), topology))
        self.sidecar.wait_ready()

    def test_what_would_be_put_in_from_elsewhere_does_not_run(self):
        self.begin()
        page = self.open()
        page.ask("(script => { script.textContent = 'window.hit = 1'; document.body.append(script); })"
                 "(document.createElement('script'))")
        page.ask("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.hit=2>')")
        refused = page.ask("fetch('http://127.0.0.1:9/').then(() => 'asked', error => error.name)")
        self.assertEqual(refused, "TypeError")
        self.assertTrue(page.ask("window.hit === undefined"))
        for what in ("inline script", "Loading the image", "Connecting to"):
            wait_for(lambda: [text for text in page.complaints if what in text and "violates" in text],
                     5, f"the browser says that it refused: {what}; it says {page.complaints}")
        page.complaints = [text for text in page.complaints if "violates" not in text]
        page.requests = [url for url in page.requests if not url.startswith("http://127.0.0.1:9/")]

    def test_it_fits_a_phone_and_is_readable_in_both_schemes(self):
        self.queue = "a-queue-with-a-name-that-does-not-end-" * 6 + self.mark
        self.begin()
        self.publish([self.item()] * 3 + [self.item("nowhere"), self.item(body=b"{")])
        subscriptions = [Subscription(self.sidecar, self.queue) for _ in range(14)]
        page = self.open()
        self.soon(page, figure_is("failed", 2) + " && document.querySelectorAll('#rows tr').length === 14")
        for width, dark in ((1280, False), (1280, True), (760, True), (360, False), (360, True)):
            page.look(width, 780, dark)
            with self.subTest(width=width, dark=dark):
                page.wait("new Promise(done => requestAnimationFrame(() => requestAnimationFrame("
                          "() => done(true))))", 5)
                self.assertEqual(page.ask("[innerWidth, document.scrollingElement.scrollWidth]"),
                                 [width, width])
                self.assertEqual(page.ask("matchMedia('(prefers-color-scheme: dark)').matches"), dark)
                luminance = page.ask(
                    f"(() => {{ {LUMINANCE} return luminance(getComputedStyle(document.body)"
                    ".backgroundColor); })()")
                self.assertEqual(luminance < 0.2, dark)
                self.assertEqual(page.ask(f"(() => {{ {LUMINANCE} {TOO_FAINT} }})()"), [])
        for subscription in subscriptions:
            subscription.call.cancel()

    def test_the_state_is_announced_when_it_changes_and_not_at_every_look(self):
        self.begin()
        page = self.open()
        self.soon(page, headline_is("Messages flow"))
        page.ask("""(() => {
            window.announced = 0;
            window.looks = 0;
            new MutationObserver(() => ++window.announced).observe(
                document.getElementById('headline').closest('[aria-live=polite]'),
                {subtree: true, childList: true, characterData: true});
            new MutationObserver(() => ++window.looks).observe(
                document.getElementById('soon'), {subtree: true, childList: true, characterData: true});
        })()""")
        page.wait("window.looks >= 2", 10)
        self.assertEqual(page.ask("window.announced"), 0)
        levels = page.ask("[...document.querySelectorAll('h1, h2')].filter(one => one.offsetParent)"
                          ".map(one => one.tagName + one.textContent.trim().split(/ |$/)[0])")
        self.assertEqual(levels[0], "H1Messages")
        for title in ("Publishes", "Deliveries", "Subscriptions", "Recent"):
            self.assertTrue([level for level in levels if level.startswith("H2" + title)], levels)

    def test_the_charts_tell_their_values_to_a_pointer_and_to_the_keyboard(self):
        self.begin()
        page = self.open()
        self.publish([self.item()] * 10)
        page.wait("points.length >= 2", 5)
        moment = "document.querySelector('.moment').textContent"
        self.assertEqual(page.ask(moment), "last 10 min")
        box = page.ask("(box => [box.right - 1, box.top + box.height / 2])"
                       "(document.querySelector('.plot').getBoundingClientRect())")
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
        self.soon(page, f"/^\\d\\d:\\d\\d:\\d\\d($|, broker away)/.test({moment})")
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0] - 200, y=box[1])
        self.soon(page, f"/, no figures$/.test({moment})")
        page.call("Input.dispatchMouseEvent", type="mouseMoved", x=5, y=5)
        self.soon(page, f"{moment} === 'last 10 min'")
        page.ask("document.querySelector('.plot').focus()")
        page.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft", code="ArrowLeft")
        self.soon(page, f"/^\\d\\d:\\d\\d:\\d\\d/.test({moment})")
        self.assertRegex(page.ask("document.querySelector('.plot').getAttribute('aria-label')"),
                         r"^Publishes, a second, \d\d:\d\d:\d\d.*: confirmed ")


LUMINANCE = """
const rgba = text => { const all = text.match(/[\\d.]+/g).map(Number); return all.length < 4 ? [...all, 1] : all; };
const luminance = text => rgba(text).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
"""
# Texts with less contrast to what is behind them than WCAG's AA asks.
TOO_FAINT = """
const behind = element => {
  while (element && !rgba(getComputedStyle(element).backgroundColor)[3]) element = element.parentElement;
  return getComputedStyle(element || document.documentElement).backgroundColor;
};
const faint = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walk.nextNode());) {
  const element = node.parentElement;
  if (!node.textContent.trim() || !element.getClientRects().length || element.closest('script, style')) continue;
  const style = getComputedStyle(element), svg = element.closest('svg');
  const [one, other] = [luminance(svg ? style.fill : style.color), luminance(behind(element))].sort((a, b) => b - a);
  if ((one + 0.05) / (other + 0.05) < 4.5) faint.push(node.textContent + ' ' + ((one + 0.05) / (other + 0.05)).toFixed(2));
}
return faint;
"""

if __name__ == "__main__":
    BINARY, NODE = sys.argv[1], Node(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="stubs.") as stubs:
        MESSAGE, PUBLISHER, SUBSCRIBER = make_stubs(stubs)
        with Browser() as BROWSER:
            names = [f"PageTest.{name}" for name in sys.argv[3:]]
            unittest.main(argv=[sys.argv[0], "--verbose", *names])
