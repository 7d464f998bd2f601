"""What a user installs: typed, with the generated code and the license."""

import asyncio
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import amqp_sidecar

ROOT = Path(__file__).parents[1]


async def test_the_wheel_has_types_generated_code_and_the_license(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "amqp_sidecar", source / "amqp_sidecar")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = "import setuptools.build_meta, sys; setuptools.build_meta.build_wheel(sys.argv[1])"
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", build, str(tmp_path)],
        cwd=source,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    with zipfile.ZipFile(tmp_path / "amqp_sidecar-0.1.0-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
    assert {
        "amqp_sidecar/py.typed",
        "amqp_sidecar/v1/publisher_pb2.py",
        "amqp_sidecar/v1/publisher_pb2.pyi",
        "amqp_sidecar/v1/subscriber_pb2_grpc.pyi",
        "amqp_sidecar-0.1.0.dist-info/licenses/LICENSE",
    } <= names
    assert not any(name.startswith(("tests", "tools", "examples")) for name in names)


def test_the_lower_bounds_are_those_of_the_generated_code() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounds = dict(one.split(",")[0].split(">=") for one in project["dependencies"])
    generated = (ROOT / "amqp_sidecar/v1/publisher_pb2_grpc.py").read_text()
    assert f"GRPC_GENERATED_VERSION = '{bounds['grpcio']}'" in generated
    message = (ROOT / "amqp_sidecar/v1/message_pb2.py").read_text()
    assert f"# Protobuf Python Version: {bounds['protobuf']}" in message


def test_all_public_names_are_documented() -> None:
    for name in amqp_sidecar.__all__:
        assert getattr(amqp_sidecar, name).__doc__ or name in ("Handler", "OnEvent"), name


def test_the_license_is_the_projects() -> None:
    assert (ROOT / "LICENSE").read_bytes() == (ROOT.parents[1] / "LICENSE").read_bytes()


def test_every_reason_of_the_documents_has_its_name() -> None:
    text = (ROOT.parents[1] / "docs/errors.md").read_text()
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 20
    assert {*rows, "SIDECAR_UNAVAILABLE"} == {str(reason) for reason in amqp_sidecar.Reason}
