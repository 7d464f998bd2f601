"""World: a sidecar of one test, beside a private RabbitMQ node, and calls to it over gRPC."""

import ctypes
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import grpc

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE_SCRIPT = ROOT / "tests/support/rabbitmq_node.sh"


def make_stubs(folder):
    """The messages of the API, from its protos, as Python. The calls need no generated code."""
    protos = sorted((ROOT / "proto/amqp_sidecar/v1").glob("*.proto"))
    subprocess.run(["protoc", "-I", ROOT / "proto", f"--python_out={folder}", *protos], check=True)
    sys.path.insert(0, str(folder))
    from amqp_sidecar.v1 import message_pb2, publisher_pb2, subscriber_pb2  # pylint: disable=all
    return message_pb2, publisher_pb2, subscriber_pb2


class Node:
    """The RabbitMQ node in a folder; see tests/support/rabbitmq_node.sh."""

    def __init__(self, folder):
        self._folder = folder

    def __call__(self, verb, *arguments):
        subprocess.run([NODE_SCRIPT, verb, self._folder, *arguments], check=True, timeout=180)

    def port(self):
        text = (pathlib.Path(self._folder) / "env").read_text(encoding="utf-8")
        return int(re.search(r"^RABBITMQ_PORT=(\d+)$", text, re.MULTILINE).group(1))


class Sidecar:
    """The daemon's process. Use as a context."""

    def __init__(self, binary, port, topology, more="", admin="127.0.0.1:0"):
        self._folder = tempfile.TemporaryDirectory(prefix="sidecar.")
        folder = pathlib.Path(self._folder.name)
        socket = folder / "s.sock"
        (folder / "sidecar.yaml").write_text(
            f'grpc: {{listen: ["unix://{socket}"]}}\n'
            f'admin: {{listen: "{admin}"}}\n'
            f'amqp: {{uris: ["amqp://guest@127.0.0.1:{port}/"]}}\n'
            f"topology: {topology}\n{more}\n", encoding="utf-8")
        self.log = folder / "log"
        out = folder / "out"
        with open(self.log, "w", encoding="utf-8") as log, open(out, "w", encoding="utf-8") as to:
            self.process = subprocess.Popen([binary, "run", "--config", folder / "sidecar.yaml"],
                                            stdin=subprocess.DEVNULL, stdout=to, stderr=log)
        said = wait_for(lambda: re.search(r"(http://\S+) \(admin\)", out.read_text()), 15,
                        "the sidecar prints its addresses")
        self.page = said.group(1) + "/"
        self.channel = grpc.insecure_channel(f"unix://{socket}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self._folder.cleanup()

    def get(self, path):
        """Status code and text."""
        try:
            with urllib.request.urlopen(self.page + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_ready(self, text="ready", seconds=30):
        wait_for(lambda: self.get("readyz")[1].startswith(text), seconds, f"/readyz says {text}")

    def unary(self, service, method, request, answer_type):
        call = self.channel.unary_unary(f"/amqp_sidecar.v1.{service}/{method}",
                                        request_serializer=type(request).SerializeToString,
                                        response_deserializer=answer_type.FromString)
        return call(request, timeout=20)

    def stop_io_thread(self):
        """Holds that one thread; gives it back at the end of the context."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        thread, = [int(task.name) for task in tasks.iterdir()
                   if (task / "comm").read_text() == "io\n"]
        return HeldThread(thread)


class HeldThread:
    """A thread of another process that does not run: as one that is stuck in a call."""

    SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17

    def __init__(self, thread):
        self._thread = thread
        self._libc = ctypes.CDLL(None, use_errno=True)

    def _trace(self, request):
        nothing = ctypes.c_void_p(0)
        if self._libc.ptrace(ctypes.c_long(request), ctypes.c_int(self._thread), nothing, nothing):
            raise OSError(ctypes.get_errno(), "ptrace")

    def __enter__(self):
        self._trace(self.SEIZE)
        self._trace(self.INTERRUPT)
        os.waitpid(self._thread, 0x40000000)  # __WALL
        return self

    def __exit__(self, *_):
        self._trace(self.DETACH)


def wait_for(predicate, seconds, what):
    """The first true value of predicate()."""
    end = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
