#!/usr/bin/env python3
"""Includes run one way, and a third-party library has one home.

main -> app -> rpc -> broker -> {amqp, json} -> base. Exits 1 and names every line that breaks it.
Usage: check_layers.py ROOT
"""

import pathlib
import re
import sys

BELOW = {
    "base": {"base"},
    "json": {"json", "base"},
    "amqp": {"amqp", "base"},
    # The values of amqp/ and json/ are broker's vocabulary.
    "broker": {"broker", "amqp", "json", "base"},
    # rpc asks broker, never amqp.
    "rpc": {"rpc", "broker", "base"},
    # app builds everything.
    "app": {"app", "rpc", "broker", "amqp", "json", "base"},
    "main.cc": {"app"},
    # The allocator's settings.
    "heap.cc": set(),
}

# What an include begins with: who may have it.
HOMES = [
    (re.compile(r"^(rabbitmq-c/|amqp\.h$|amqp_[a-z_]*\.h$)"), {"amqp"}),
    (re.compile(r"^openssl/"), {"amqp", "base"}),
    (re.compile(r"^(grpc/|grpcpp/|grpc\+\+/)"), {"rpc"}),
    (re.compile(r"^amqp_sidecar/v1/.*\.grpc\.pb\.h$"), {"rpc"}),
    (re.compile(r"^amqp_sidecar/config/"), {"app"}),
    (re.compile(r"^(amqp_sidecar/v1|google/rpc|google/protobuf)/"), {"rpc", "app"}),
    (re.compile(r"^(spdlog|fmt)/"), {"base"}),
    (re.compile(r"^prometheus/"), {"base"}),
    (re.compile(r"^re2/"), {"json"}),
    (re.compile(r"^(simdjson\.h|simdjson/)"), {"json"}),
    (re.compile(r"^(civetweb\.h|CivetServer\.h)"), {"app"}),
    (re.compile(r"^yaml-cpp/"), {"app"}),
    (re.compile(r"^CLI/"), {"app"}),
    (re.compile(r"^systemd/"), {"app"}),
    (re.compile(r"^jemalloc/"), {"heap.cc"}),
    (re.compile(r"^(regex)$"), set()),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def faults_in(path, layer, daemon):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        included = match.group(1)
        where = f"{path.relative_to(daemon.parent)}:{number}"
        for pattern, homes in HOMES:
            if pattern.search(included):
                if layer not in homes:
                    yield f"{where}: {included} belongs to {', '.join(sorted(homes)) or 'nobody'}"
                break
        else:
            other = included.split("/")[0]
            if "/" in included and other in BELOW and other not in BELOW[layer]:
                yield f"{where}: {layer} must not include {included}"


def main():
    daemon = pathlib.Path(sys.argv[1]) / "daemon"
    files = sorted(p for p in daemon.rglob("*") if p.suffix in (".h", ".cc", ".in"))
    faults = []
    for path in files:
        layer = path.relative_to(daemon).parts[0]
        if layer not in BELOW:
            faults.append(f"daemon/{layer}: no such layer")
            continue
        faults.extend(faults_in(path, layer, daemon))
    if not files:
        faults.append(f"{daemon}: no source files")
    for fault in faults:
        print(fault)
    print(f"{len(files)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
