"""The figures of a run as the Markdown tables of docs/performance.md."""

import statistics
import typing

from figures import (Pair, Spread, consume_pairs_of, latency_pairs_of, pairs_of, rate,
                     schema_ratios_of, size_name, spread_of,
                     version_ratios_of, watched_ratios_of)
from goals import goals_of, verdict

Figures = dict[str, typing.Any]
WAYS_OUT = {"stream": "SubscribeStream", "unary": "Subscribe, Ack calls"}


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def whole(value: Spread) -> str:
    return f"{value.median:,.0f} ({value.low:,.0f}–{value.high:,.0f})"


def ratio(value: Spread) -> str:
    return f"**{value.median:.2f} ({value.low:.2f}–{value.high:.2f})**"


def duration(microseconds: float) -> str:
    if microseconds >= 10_000:
        return f"{microseconds / 1000:.1f} ms"
    if microseconds >= 1000:
        return f"{microseconds / 1000:.2f} ms"
    return f"{microseconds:.0f} µs"


def durations(value: Spread) -> str:
    return f"{duration(value.median)} ({duration(value.low)}–{duration(value.high)})"


def cpu(microseconds: float) -> str:
    return f"{microseconds:.1f}" if microseconds < 100 else f"{microseconds:.0f}"


def size(count: float) -> str:
    if abs(count) >= 1 << 20:
        return f"{count / (1 << 20):.1f} MiB"
    return f"{count / 1024:.0f} KiB" if abs(count) >= 1024 else f"{count:.0f} B"


def case_cells(pair: Pair) -> list[str]:
    case = pair.case
    return [case.queue, size_name(case.body_bytes), f"{case.window:,}", case.through]


CASE_HEAD = ["queue", "body", "window", "by"]


def speed_table(pairs: list[Pair]) -> str:
    rows = []
    for pair in pairs:
        latencies = []
        for name in ("p50_us", "p99_us"):
            direct, sidecar = pair.value("direct", name), pair.value("sidecar", name)
            latencies.append(f"{duration(direct.median)} → {duration(sidecar.median)}")
        rows.append([*case_cells(pair), whole(pair.rate("direct")), whole(pair.rate("sidecar")),
                     ratio(pair.rate_ratio()), *latencies])
    return table([*CASE_HEAD, "direct, messages/s", "sidecar, messages/s", "sidecar ÷ direct",
                  "p50, direct → sidecar", "p99, direct → sidecar"], rows)


def cost_cells(pair: Pair, idle_bytes: int) -> list[str]:
    def median(path: str, name: str) -> str:
        return cpu(pair.value(path, name).median) if pair.has(name) else ""

    over = pair.value("sidecar", "daemon_peak_bytes").median - idle_bytes
    return [median("direct", "client_cpu_us"), median("sidecar", "client_cpu_us"),
            median("sidecar", "daemon_cpu_us"),
            " → ".join(median(path, "broker_cpu_us") for path in ("direct", "sidecar")), size(over)]


COST_HEAD = ["client, direct: µs", "client, sidecar: µs", "daemon: µs",
             "broker, direct → sidecar: µs", "daemon's peak over idle"]


def cost_table(pairs: list[Pair], idle_bytes: int) -> str:
    rows = [[*case_cells(pair), *cost_cells(pair, idle_bytes),
             size(pair.value("sidecar", "bytes_in_flight").median)] for pair in pairs]
    return table([*CASE_HEAD, *COST_HEAD, "in flight"], rows)


def consume_table(pairs: list[Pair], idle_bytes: int) -> str:
    rows = [[pair.case.queue, size_name(pair.case.body_bytes), WAYS_OUT[pair.case.through],
             whole(pair.rate("direct")), whole(pair.rate("sidecar")), ratio(pair.rate_ratio()),
             *cost_cells(pair, idle_bytes)] for pair in pairs]
    return table(["queue", "body", "by", "direct, messages/s", "sidecar, messages/s",
                  "sidecar ÷ direct", *COST_HEAD], rows)


def latency_table(pairs: list[Pair]) -> str:
    rows = []
    for pair in pairs:
        cells = [pair.case.queue, size_name(pair.case.body_bytes)]
        for name in ("p50_us", "p99_us"):
            cells += [durations(pair.value("direct", name)), durations(pair.value("sidecar", name)),
                      ratio(pair.value_ratio(name))]
        rows.append(cells)
    return table(["queue", "body", "p50, direct", "p50, sidecar", "sidecar ÷ direct",
                  "p99, direct", "p99, sidecar", "sidecar ÷ direct"], rows)


def idle_table(idle: Figures) -> str:
    rows = [[path, *(duration(idle[path][name]) for name in ("p50_us", "p99_us"))]
            for path in ("direct", "unary")]
    return table([f"{idle['calls']} calls, two seconds apart", "p50", "p99"], rows)


def clients_table(clients: Figures) -> str:
    rows = [[f"{clients['clients']}", f"{clients['messages'] / clients['seconds']:,.0f}",
             f"{clients['slowest']:,} / {clients['fastest']:,}", f"{clients['refused']}",
             duration(clients["p50_us"]), duration(clients["p99_us"]),
             f"{clients['connections']}"]]
    return table(["client processes", "messages/s, all", "slowest / fastest client's messages",
                  "refused", "p50", "p99", "connections at the broker"], rows)


def beside_table(measurements: list[Figures]) -> str:
    groups: dict[tuple[str, str], list[Figures]] = {}
    for measurement in measurements:
        groups.setdefault((measurement["path"], measurement["beside"]), []).append(measurement)
    rows = []
    for (path, beside), group in sorted(groups.items(), key=lambda item: item[0][0]):
        p50, p99 = (spread_of([one[name] for one in group]) for name in ("p50_us", "p99_us"))
        loads = [one["load_rate"] for one in group if "load_rate" in one]
        rows.append([path, beside, f"{statistics.median(loads):,.0f}" if loads else "",
                     durations(p50), durations(p99)])
    head = ["one at a time", "beside a client that saturates", "its messages/s", "p50", "p99"]
    return table(head, rows)


def schema_table(pieces: list[Figures]) -> str:
    rows = []
    for (through, window), share in schema_ratios_of({"schema": pieces}).items():
        rates = [spread_of([rate(piece) for piece in pieces if piece["rule"] == rule
                            and (piece["through"], piece["window"]) == (through, window)])
                 for rule in ("none", "schema")]
        rows.append([through, f"{window:,}", *(whole(one) for one in rates), ratio(share)])
    return table(["by", "window", "without a rule, messages/s", "with a schema, messages/s",
                  "with ÷ without"], rows)


def metrics_table(metrics: Figures) -> str:
    figures = {"metrics": metrics}
    watched, versions = watched_ratios_of(figures), version_ratios_of(figures)
    rows = [[through, f"{window:,}", ratio(share),
             ratio(versions[through, window]) if (through, window) in versions else ""]
            for (through, window), share in watched.items()]
    times = spread_of(metrics["scrape_ms"])
    return (f"`/metrics`: {metrics['scrape_bytes']:,} bytes, answered in {times.median:.1f} ms "
            f"({times.low:.1f}–{times.high:.1f}).\n\n" +
            table(["by", "window", "asked ÷ not asked", "÷ the other build"], rows))


def goal_table(figures: Figures) -> str:
    rows = [[goal.name, goal.bound, goal.value, verdict(goal)] for goal in goals_of(figures)]
    return table(["goal", "bound", "value", ""], rows)


def rounds_of(pairs: list[Pair]) -> int:
    return len(pairs[0].direct) if pairs else 0


def markdown(figures: Figures, picture: str = "") -> str:
    """`picture`: where it lies, from the document; empty: there is none."""
    machine = figures["machine"]
    pairs, consumed = pairs_of(figures), consume_pairs_of(figures)
    latencies = latency_pairs_of(figures)
    parts = [f"{machine['cores']} cores of {machine['processor']}, RabbitMQ {machine['rabbitmq']} "
             f"beside it, gRPC {machine['grpc']}, daemon {machine['daemon']}. "
             "Medians (lowest–highest) of "
             f"{rounds_of([*pairs, *consumed, *latencies])} rounds; ratios are taken within a round.\n",
             "### Goals\n", goal_table(figures)]
    if picture:
        parts += [f"![Throughput of direct's and CPU a message, by case]({picture})\n"]
    if pairs:
        parts += ["### Publishing: throughput and latency\n", speed_table(pairs),
                  "### Publishing: CPU a message, and memory\n",
                  cost_table(pairs, figures["daemon_idle_bytes"])]
    if consumed:
        parts += ["### Consuming: throughput, CPU a message, and memory\n",
                  consume_table(consumed, figures["daemon_idle_bytes"])]
    if latencies:
        parts += ["### From a publish to its delivery\n", latency_table(latencies)]
    for name, title, make in (("idle", "After a silence", idle_table),
                              ("clients", "Many clients", clients_table),
                              ("beside", "One at a time beside a saturating client", beside_table),
                              ("schema", "An order that must fit its schema", schema_table),
                              ("metrics", "Being watched", metrics_table)):
        if name in figures:
            parts += [f"### {title}\n", make(figures[name])]
    return "\n".join(parts)
