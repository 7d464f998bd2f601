#!/usr/bin/env python3
"""The figures of the status page are those of /status.json.

Usage: figures_test.py AMQP_SIDECAR NODE_FOLDER [PageTest.TEST...]
"""

import json
import re

from page_case import SOON, PageCase, Subscription, cell_is, figure, figure_is, main
from world import wait_for


class PageTest(PageCase):
    def test_every_figure_is_that_of_status_json_after_10000_publishes_of_all_outcomes(self):
        self.begin("limits: {max_message_bytes: 2000}")
        page = self.open()
        full = [self.item(f"full-{self.mark}", exchange="")]
        wait_for(lambda: "REFUSED_BY_BROKER" in self.publish(full), 20, "the queue is full")
        kinds = [self.item()] * 5 + [self.item("nowhere"), self.item("nowhere", allow=True),
                 self.item(body=b"{"), self.item(body=b'"' + b"x" * 3000 + b'"'),
                 self.item(exchange="missing-" + self.mark), self.item(key="")]
        outcomes = self.publish(kinds * 906 + full * 34)
        self.assertEqual(outcomes, {"": 5 * 906, "unrouted": 906, "UNROUTABLE": 906,
                                    "INVALID_BODY": 906, "MESSAGE_TOO_LARGE": 906,
                                    "EXCHANGE_NOT_FOUND": 906, "INVALID_MESSAGE": 906,
                                    "REFUSED_BY_BROKER": 34})
        subscription = Subscription(self.sidecar, self.queue, prefetch=500)
        wait_for(lambda: len(subscription.ids) == 500, 20, "the deliveries are there")
        subscription.settle("Ack", 300)
        wait_for(lambda: len(subscription.ids) == 500, 20, "the deliveries are there")
        subscription.settle("Reject", 20)
        wait_for(lambda: len(subscription.ids) == 500, 20, "the deliveries are there")
        status = json.loads(self.sidecar.get("status.json")[1])
        publisher = status["publisher"]
        self.assertEqual(publisher["failed"]["UNROUTABLE"], "906")
        self.soon(page, figure_is("publisher.unrouted", 906))
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


if __name__ == "__main__":
    main()
