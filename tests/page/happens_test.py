#!/usr/bin/env python3
"""What happens shows on the status page within two seconds.

Usage: happens_test.py AMQP_SIDECAR NODE_FOLDER [PageTest.TEST...]
"""

import json
import signal
import threading

from page_case import PageCase, RUN, Subscription, cell_is, figure, figure_is, headline_is, main, row_of
from world import wait_for


class PageTest(PageCase):
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
        RUN.node("kill")
        self.soon(page, headline_is("The broker is away"))
        self.assertTrue(page.ask("document.title").startswith("The broker is away"))
        self.assertNotEqual(page.ask("document.getElementById('favicon').href"), icon)
        page.wait("/Next try in/.test(document.getElementById('soon').textContent)", 10)
        self.assertRegex(page.ask("document.getElementById('why').textContent"), "refused")
        self.assertRegex(page.ask(figure("readiness")), "^not ready: no connection")
        self.assertRegex(page.ask("document.getElementById('events').textContent"), "warning")
        RUN.node("resume")
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
            RUN.node("ctl", "set_vm_memory_high_watermark", "0.0000001")
            call = threading.Thread(target=lambda: self.publish([self.item()]))
            call.start()
            self.sidecar.wait_ready("degraded")
            self.soon(page, headline_is("The broker accepts no publishes"))
            self.assertRegex(page.ask("document.getElementById('why').textContent"), "memory")
            self.soon(page, "document.querySelector('#charts rect.blocked') !== null")
        finally:
            RUN.node("ctl", "set_vm_memory_high_watermark", "0.4")
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


if __name__ == "__main__":
    main()
