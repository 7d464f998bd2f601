"""Browser: a headless Chromium of its own, driven over two pipes by the DevTools protocol.

No port, no driver program, no library. Chromium's own sandbox is off: it does not start as root in a
container, and what is opened here is our own page on loopback.
"""

import base64
import fcntl
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

PROGRAM = "chromium-headless-shell"
ANSWER_TIME = 30


class BrowserError(Exception):
    """The browser did not do what it was asked, or not in time."""


class Browser:
    """One process with a profile that goes with it. Use as a context."""

    def __init__(self):
        program = shutil.which(PROGRAM)
        if program is None:
            raise BrowserError(f"there is no {PROGRAM} here: deploy/install-deps.sh page")
        self._profile = tempfile.TemporaryDirectory(prefix="browser.")
        self._log = open(pathlib.Path(self._profile.name) / "log", "w+", encoding="utf-8")
        from_us, self._to = os.pipe()
        self._from, to_us = os.pipe()
        # Chromium reads descriptor 3 and writes 4.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (from_us, to_us)]

        def place():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [program, "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
             "--disable-background-networking", "--disable-component-update",
             f"--user-data-dir={self._profile.name}/profile", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, preexec_fn=place,
            pass_fds=(3, 4), env={**os.environ, "HOME": self._profile.name})
        for end in [from_us, to_us, *ends]:
            os.close(end)
        self._ids = itertools.count(1)
        self._answers = {}
        self._changed = threading.Condition()
        self._ended = False
        self._pages = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        self._reader.join(10)
        os.close(self._from)
        self._log.close()
        # Its helpers may still be writing.
        for _ in range(50):
            try:
                self._profile.cleanup()
                return
            except OSError:
                time.sleep(0.1)

    def _read(self):
        rest = b""
        while True:
            try:
                piece = os.read(self._from, 65536)
            except OSError:
                piece = b""
            if not piece:
                break
            *messages, rest = (rest + piece).split(b"\0")
            for message in map(json.loads, messages):
                with self._changed:
                    if "id" in message:
                        self._answers[message["id"]] = message
                    elif message.get("sessionId") in self._pages:
                        self._pages[message["sessionId"]].heard(message)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def call(self, method, session=None, **parameters):
        """The result of a method of the DevTools protocol."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        with self._changed:
            self._changed.wait_for(lambda: number in self._answers or self._ended, ANSWER_TIME)
            answer = self._answers.pop(number, None)
        if answer is None:
            self._log.seek(0)
            raise BrowserError(f"no answer to {method}; the browser says:\n{self._log.read()[-2000:]}")
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, url, width=1280, height=900, dark=False, scale=1):
        """A new page of that size, when it has loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self._pages[session] = page
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(domain + ".enable")
        page.look(width, height, dark, scale)
        page.call("Page.navigate", url=url)
        page.wait("document.readyState === 'complete' && location.href !== 'about:blank'", 10)
        return page


class Page:
    """One tab. Keeps what it asked for and what it complained of."""

    def __init__(self, browser, session):
        self._browser = browser
        self._session = session
        self.requests = []
        self.complaints = []

    def call(self, method, **parameters):
        return self._browser.call(method, self._session, **parameters)

    def heard(self, message):
        method, said = message["method"], message["params"]
        if method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(said["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(said["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")

    def look(self, width, height, dark=False, scale=1):
        """Another size of the window, another scheme of colours."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=scale, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def ask(self, script):
        """The value of an expression."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise BrowserError(f"{script}: {json.dumps(result['exceptionDetails'])}")
        return result["result"].get("value")

    def wait(self, script, seconds):
        """Until the expression is true; says how long it took."""
        began = time.monotonic()
        while True:
            if self.ask(script):
                return time.monotonic() - began
            if time.monotonic() - began > seconds:
                text = self.ask("document.body ? document.body.innerText : ''")
                raise BrowserError(f"not within {seconds} s: {script}\nThe page says:\n{text[:3000]}")
            time.sleep(0.02)

    def screenshot(self, file, whole=False):
        """A PNG of what is seen, or of all of the page."""
        image = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(file).write_bytes(base64.b64decode(image["data"]))
