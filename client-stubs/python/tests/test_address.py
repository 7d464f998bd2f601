"""Addresses, and what connect takes."""

import grpc
import pytest

import amqp_sidecar
from amqp_sidecar import Client, Queue, _address
from tests.world import Sidecar, fresh


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("unix:///run/a.sock", "unix:///run/a.sock"),
        ("/run/a.sock", "unix:///run/a.sock"),
        ("localhost:7672", "dns:///localhost:7672"),
        ("127.0.0.1:1", "dns:///127.0.0.1:1"),
        ("[::1]:65535", "dns:///[::1]:65535"),
    ],
)
def test_an_address_is_a_socket_or_a_host_and_port(address: str, target: str) -> None:
    assert _address.target(address) == target


@pytest.mark.parametrize(
    "address",
    ["", "localhost", "http://localhost:80", "unix://a.sock", "unix:a.sock", "a:0", "a:65536",
     ":7672", "::1:7672", "a b:1", "/", "unix:///", "/" + "a" * 108],
)  # fmt: skip
def test_a_bad_address_is_an_error_that_says_what_is_accepted(address: str) -> None:
    with pytest.raises(ValueError, match=r'"unix:///path", "/path" and "host:port"'):
        _address.target(address)


def test_the_default_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMQP_SIDECAR_ADDR", "/run/b.sock")
    assert _address.target(None) == "unix:///run/b.sock"
    monkeypatch.delenv("AMQP_SIDECAR_ADDR")
    assert _address.target(None) == "unix:///run/amqp-sidecar/sidecar.sock"


async def can_declare(client: Client) -> None:
    async with client:
        name = fresh("reached")
        assert await client.declare(queues=[Queue(name, exclusive=True)]) == [name]


async def test_a_client_connects_by_path_by_tcp_and_by_environment(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    await can_declare(amqp_sidecar.connect(sidecar.address.removeprefix("unix://")))
    await can_declare(amqp_sidecar.connect(sidecar.tcp))
    monkeypatch.setenv("AMQP_SIDECAR_ADDR", sidecar.address)
    await can_declare(amqp_sidecar.connect())


async def test_a_ready_channel_is_used_and_left_open(sidecar: Sidecar) -> None:
    async with grpc.aio.insecure_channel(sidecar.address) as channel:
        await can_declare(amqp_sidecar.connect(channel=channel))
        await can_declare(amqp_sidecar.connect(channel=channel))
        with pytest.raises(ValueError, match="its address"):
            amqp_sidecar.connect("a:1", channel=channel)


async def test_credentials_make_a_secure_channel(sidecar: Sidecar) -> None:
    credentials = grpc.ssl_channel_credentials()
    async with amqp_sidecar.connect(sidecar.tcp, credentials=credentials) as client:
        with pytest.raises(amqp_sidecar.SidecarError) as failed:
            await client.publish("", "q", {}, timeout=0.3)  # the sidecar's port is a plain one
    assert failed.value.reason == amqp_sidecar.Reason.SIDECAR_UNAVAILABLE
