#!/usr/bin/env python3
"""The world that a stub is tested in: sidecars on a real RabbitMQ node, that break when told to.

A child of each language's tests: commands are JSON objects, a line each, on standard input;
answers, a line each, on standard output: {"ok": true, ...} or {"ok": false, "error": "..."}.

  {"do": "start", "name": "a"}   starts a sidecar and waits until its link is up
      "config": {...}            merged into its configuration
      "proxy": true              puts a proxy between it and RabbitMQ
      "broker": false            points it at a port where nobody listens
      "tcp": true                listens on loopback as well
      -> "address", "amqp", with tcp also "tcp"
  {"do": "kill", "name": "a"}        SIGKILL, and its end waited for
  {"do": "terminate", "name": "a"}   SIGTERM, not waited for
  {"do": "ended", "name": "a"}       waits for its end -> "code"
  {"do": "restart", "name": "a"}     as at first, after kill or terminate
  {"do": "hold", "name": "a"}        its proxy passes on nothing that RabbitMQ says
  {"do": "release", "name": "a"}     until now
  {"do": "cut", "name": "a"}         its proxy closes the connections
  {"do": "alarm", "on": true}        RabbitMQ's memory alarm
  {"do": "log", "name": "a"}         -> "log"

The end of standard input ends it all. Environment: SIDECAR_BINARY (the daemon), and RABBITMQ_NODE_DIR, the
folder of a node that tests/support/rabbitmq_node.sh started.
"""
import json
import os
import pathlib
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

START_SECONDS = 30
END_SECONDS = 20


def merge(into, extra):
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Proxy:
    """Between sidecars and RabbitMQ, on a thread of its own. Bytes pass as they come."""

    def __init__(self, broker_port):
        self.broker = ("127.0.0.1", broker_port)
        self.selector = selectors.DefaultSelector()
        self.lock = threading.Lock()
        self.pairs = {}  # a socket -> the other end, and whether it is RabbitMQ's
        self.held = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector.register(self.listener, selectors.EVENT_READ)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            for key, _ in self.selector.select(timeout=0.02):
                with self.lock:
                    if key.fileobj is self.listener:
                        self.accept()
                    elif key.fileobj in self.pairs:
                        self.move(key.fileobj)

    def accept(self):
        client, _ = self.listener.accept()
        try:
            broker = socket.create_connection(self.broker, timeout=5)
        except OSError:
            client.close()
            return
        for end in (client, broker):
            end.settimeout(5)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pairs[client] = (broker, False)
        self.pairs[broker] = (client, True)
        self.selector.register(client, selectors.EVENT_READ)
        if not self.held:
            self.selector.register(broker, selectors.EVENT_READ)

    def move(self, source):
        other, from_broker = self.pairs[source]
        if from_broker and self.held:
            return
        try:
            data = source.recv(1 << 16)
            if data:
                other.sendall(data)
        except OSError:
            data = b""
        if not data:
            self.close(source)

    def close(self, end):
        other, _ = self.pairs.pop(end)
        self.pairs.pop(other)
        for one in (end, other):
            try:
                self.selector.unregister(one)
            except KeyError:
                pass  # RabbitMQ's end while it is held
            one.close()

    def hold(self, held):
        with self.lock:
            if held == self.held:
                return
            self.held = held
            for end, (_, from_broker) in self.pairs.items():
                if from_broker and held:
                    self.selector.unregister(end)
                elif from_broker:
                    self.selector.register(end, selectors.EVENT_READ)

    def cut(self):
        with self.lock:
            while self.pairs:
                self.close(next(iter(self.pairs)))


class Sidecar:
    def __init__(self, folder, name, broker_port, command):
        self.folder = folder
        self.name = name
        self.process = None
        self.proxy = Proxy(broker_port) if command.get("proxy") else None
        self.has_broker = command.get("broker", True)
        port = self.proxy.port if self.proxy else broker_port
        if not self.has_broker:
            port = free_port()
        self.socket = folder / f"{name}.sock"
        self.tcp = f"127.0.0.1:{free_port()}" if command.get("tcp") else None
        self.admin = f"127.0.0.1:{free_port()}"
        config = {
            "grpc": {"listen": [f"unix://{self.socket}"] + ([self.tcp] if self.tcp else [])},
            "admin": {"listen": self.admin},
            "amqp": {
                "uris": [f"amqp://guest@127.0.0.1:{port}/"],
                "reconnect": {"initial_backoff": "0.05s", "max_backoff": "0.2s"},
            },
        }
        merge(config, command.get("config", {}))
        self.config = folder / f"{name}.json"  # JSON is YAML, too
        self.config.write_text(json.dumps(config))
        self.log = folder / f"{name}.log"

    def start(self):
        if self.process is not None and self.process.poll() is None:
            raise RuntimeError(f"{self.name} is running")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.environ["SIDECAR_BINARY"], "run", "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={k: v for k, v in os.environ.items() if not k.startswith("AMQP_SIDECAR_")})
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended:\n{self.log.read_text()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} is not ready:\n{self.log.read_text()}")
            time.sleep(0.02)

    def is_ready(self):
        page = "readyz" if self.has_broker else "healthz"
        try:
            with urllib.request.urlopen(f"http://{self.admin}/{page}", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def end(self):
        return self.process.wait(timeout=END_SECONDS)

    def kill(self):
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.end()


class World:
    def __init__(self):
        self.node = pathlib.Path(os.environ["RABBITMQ_NODE_DIR"])
        lines = (self.node / "env").read_text().splitlines()
        self.port = int(dict(line.split("=", 1) for line in lines if "=" in line)["RABBITMQ_PORT"])
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stub."))
        self.sidecars = {}
        self.alarmed = False

    def start(self, command):
        name = command["name"]
        if name in self.sidecars:
            raise RuntimeError(f"there is a sidecar {name} already")
        sidecar = self.sidecars[name] = Sidecar(self.folder, name, self.port, command)
        sidecar.start()
        return {"address": f"unix://{sidecar.socket}", "tcp": sidecar.tcp,
                "amqp": f"amqp://guest:guest@127.0.0.1:{self.port}/"}

    def alarm(self, command):
        self.alarmed = command["on"]
        script = pathlib.Path(__file__).resolve().parents[1] / "support" / "rabbitmq_node.sh"
        subprocess.run([script, "ctl", str(self.node), "set_vm_memory_high_watermark",
                        "0.00000001" if self.alarmed else "0.4"],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)

    def answer(self, command):
        do = command["do"]
        if do == "start":
            return self.start(command)
        if do == "alarm":
            return self.alarm(command)
        sidecar = self.sidecars[command["name"]]
        if do == "restart":
            return sidecar.start()
        if do == "kill":
            return sidecar.kill()
        if do == "terminate":
            return sidecar.signal(signal.SIGTERM)
        if do == "ended":
            return {"code": sidecar.end()}
        if do == "log":
            return {"log": sidecar.log.read_text()}
        if do == "hold":
            return sidecar.proxy.hold(True)
        if do == "release":
            return sidecar.proxy.hold(False)
        if do == "cut":
            return sidecar.proxy.cut()
        raise RuntimeError(f"there is no command {do}")

    def close(self):
        for sidecar in self.sidecars.values():
            sidecar.kill()
        if self.alarmed:
            self.alarm({"on": False})
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    world = World()
    try:
        for line in sys.stdin:
            try:
                answer = {"ok": True, **(world.answer(json.loads(line)) or {})}
            except Exception as error:  # told to the test, which fails by it
                answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        world.close()


main()
