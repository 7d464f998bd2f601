"""The goals, each with the value that a run gave and whether it is met."""

import dataclasses
import typing

from figures import (CONSUME, LATENCY, Case, Pair, Spread, consume_pairs_of, latency_pairs_of,
                     pairs_of, schema_ratios_of, size_name, spread_of, watched_ratios_of)

SMALL = (256, 1024)
LARGE = 65536
QUEUES = ("classic", "quorum")
PREFETCH = 256


@dataclasses.dataclass(frozen=True)
class Goal:
    """One goal: `met` is None where the run did not measure it."""

    name: str
    bound: str
    value: str
    met: bool | None


def at_most(name: str, bound: float, unit: str, value: Spread | None) -> Goal:
    met = None if value is None else value.median <= bound
    return Goal(name, f"≤ {bound:g}{unit}", shown(value), met)


def at_least(name: str, bound: float, unit: str, value: Spread | None) -> Goal:
    met = None if value is None else value.median >= bound
    return Goal(name, f"≥ {bound:g}{unit}", shown(value), met)


def exactly(name: str, bound: int, value: int | None) -> Goal:
    met = None if value is None else value == bound
    return Goal(name, f"{bound}", "" if value is None else f"{value}", met)


def shown(value: Spread | None) -> str:
    """So exact that what is just below a bound does not look as if it were met."""
    if value is None:
        return ""
    if value.low == value.high:
        return f"{value.median:.3g}"
    return f"{value.median:.3g} ({value.low:.3g}–{value.high:.3g})"


def single(value: float) -> Spread:
    return Spread(value, value, value)


class PairGoals:
    """Goals of a case each, in order."""

    def __init__(self, pairs: list[Pair]) -> None:
        self._pairs = {pair.case: pair for pair in pairs}
        self.goals: list[Goal] = []

    def add(self, make: typing.Callable[..., Goal], what: str, case: Case, bound: float, unit: str,
            measure: typing.Callable[[Pair], Spread]) -> None:
        pair = self._pairs.get(case)
        name = f"{what}: {case.queue}, {size_name(case.body_bytes)}"
        self.goals.append(make(name, bound, unit, None if pair is None else measure(pair)))


def publish_goals(pairs: list[Pair], idle_bytes: int) -> list[Goal]:
    goals = PairGoals(pairs)
    add = goals.add

    def for_each(bodies: tuple[int, ...], window: int, through: str) -> list[Case]:
        return [Case(queue, body, window, through) for queue in QUEUES for body in bodies]

    for case in for_each(SMALL, 1000, "stream"):
        add(at_least, "throughput by stream, of direct's", case, 1.0, " ×", Pair.rate_ratio)
    for case in for_each((LARGE,), 100, "stream"):
        add(at_least, "throughput by stream, of direct's", case, 0.9, " ×", Pair.rate_ratio)
        add(at_most, "daemon's memory over idle, of the bytes in flight", case, 1.5, " ×",
            lambda pair: pair.memory_ratio(idle_bytes))
    for case in for_each((256,), 1000, "stream"):
        add(at_most, "daemon's CPU a message by stream", case, 5, " µs",
            lambda pair: pair.value("sidecar", "daemon_cpu_us"))
    for case in for_each((256,), 64, "unary"):
        add(at_most, "daemon's CPU a message by unary, 64 in flight", case, 60, " µs",
            lambda pair: pair.value("sidecar", "daemon_cpu_us"))
    for case in for_each(SMALL, 1, "unary"):
        add(at_most, "p50 of one unary call at a time, of direct's", case, 1.35, " ×",
            lambda pair: pair.value_ratio("p50_us"))
        add(at_most, "p99 of one unary call at a time, of direct's", case, 2, " ×",
            lambda pair: pair.value_ratio("p99_us"))
    return goals.goals


def consume_goals(pairs: list[Pair]) -> list[Goal]:
    goals = PairGoals(pairs)

    def for_each(through: str) -> list[Case]:
        return [Case(queue, body, PREFETCH, through, CONSUME) for queue in QUEUES for body in SMALL]

    for case in for_each("stream"):
        goals.add(at_least, "consuming by SubscribeStream, of direct's", case, 1.0, " ×",
                  Pair.rate_ratio)
    for case in for_each("unary"):
        goals.add(at_least, "consuming by Subscribe and Ack calls, of direct's", case, 0.9, " ×",
                  Pair.rate_ratio)
    for case in for_each("stream"):
        goals.add(at_most, "daemon's CPU a delivery by SubscribeStream", case, 5, " µs",
                  lambda pair: pair.value("sidecar", "daemon_cpu_us"))
    return goals.goals


def latency_goals(pairs: list[Pair]) -> list[Goal]:
    goals = PairGoals(pairs)
    for queue in QUEUES:
        goals.add(at_most, "p50 from a publish to its delivery, of direct's",
                  Case(queue, SMALL[0], 1, "stream", LATENCY), 1.5, " ×",
                  lambda pair: pair.value_ratio("p50_us"))
    return goals.goals


def idle_goals(idle: dict[str, typing.Any] | None) -> list[Goal]:
    over = None
    if idle is not None:
        over = single((idle["unary"]["p99_us"] - idle["direct"]["p99_us"]) / 1000)
    return [at_most("p99 after two seconds of silence, over direct's", 2, " ms", over)]


def client_goals(clients: dict[str, typing.Any] | None) -> list[Goal]:
    figures = clients or {}
    ratio = None
    if clients is not None:
        slowest = max(clients["slowest"], 0.001)
        ratio = single(clients["fastest"] / slowest)
    name = "many client processes: "
    return [exactly(name + "connections at the broker", 1, figures.get("connections")),
            exactly(name + "refused", 0, figures.get("refused")),
            at_most(name + "fastest over slowest", 2, " ×", ratio)]


def schema_goals(figures: dict[str, typing.Any]) -> list[Goal]:
    ratios = schema_ratios_of(figures)
    return [at_least(f"throughput with a schema, of that without: {through}, window {window:,}",
                     0.95, " ×", ratios.get((through, window)))
            for through, window in (("unary", 1), ("unary", 64), ("stream", 1000))]


def metrics_goals(figures: dict[str, typing.Any]) -> list[Goal]:
    metrics = figures.get("metrics")
    times = None if metrics is None else spread_of(metrics["scrape_ms"])
    ratios = watched_ratios_of(figures)
    return [at_most("/metrics with many subscriptions answers within", 50, " ms", times),
            *(at_least("throughput while /metrics is asked once a second, of that while not: "
                       f"{through}, window {window:,}", 0.98, " ×", ratios.get((through, window)))
              for through, window in (("unary", 1), ("unary", 64), ("stream", 1000)))]


def goals_of(figures: dict[str, typing.Any]) -> list[Goal]:
    return [*publish_goals(pairs_of(figures), figures["daemon_idle_bytes"]),
            *consume_goals(consume_pairs_of(figures)), *latency_goals(latency_pairs_of(figures)),
            *idle_goals(figures.get("idle")), *client_goals(figures.get("clients")),
            *schema_goals(figures), *metrics_goals(figures)]


def verdict(goal: Goal) -> str:
    if goal.met is None:
        return "not measured"
    return "met" if goal.met else "not met"
