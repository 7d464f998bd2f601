#!/usr/bin/env python3
"""The status page on a phone, in the dark, for a screen reader, among hostile names.

Usage: manners_test.py AMQP_SIDECAR NODE_FOLDER [PageTest.TEST...]
"""

import json

from page_case import PageCase, RUN, Subscription, figure_is, headline_is, main, row_of
from world import Sidecar, wait_for


# What is seen, as WCAG counts it.
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


class PageTest(PageCase):
    def test_names_that_are_hostile_are_text(self):
        hostile = f"<img src=x onerror=window.hit=1>{self.mark}"
        self.queue = hostile
        self.begin_with_queue(hostile)
        page = self.open()
        subscription = Subscription(self.sidecar, hostile)
        self.soon(page, f"{row_of(hostile)} !== undefined")
        # A log line names it, too.
        self.publish([self.item(key=hostile + "-nowhere", exchange="")])
        self.soon(page, f"document.getElementById('events').textContent.includes({json.dumps(hostile)})")
        self.assertEqual(page.ask("[window.hit === undefined, document.images.length, "
                                  "document.querySelectorAll('script').length]"), [True, 0, 1])
        subscription.call.cancel()

    def begin_with_queue(self, name):
        topology = json.dumps({"queues": [{"name": name, "auto_delete": True}]})
        self.sidecar = self.enterContext(Sidecar(RUN.binary, RUN.node.port(), topology))
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


if __name__ == "__main__":
    main()
