"""The figures of one bench run, by case, with what is compared round by round."""

import dataclasses
import statistics
import typing

Piece = dict[str, typing.Any]
Figures = dict[str, typing.Any]

# What a case is a case of.
PUBLISH, CONSUME, LATENCY = "publish", "consume", "latency"


@dataclasses.dataclass(frozen=True)
class Spread:
    """Of one value in several rounds."""

    median: float
    low: float
    high: float


def spread_of(values: list[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


@dataclasses.dataclass(frozen=True)
class Case:
    """What was done directly and through the sidecar alike."""

    queue: str
    body_bytes: int
    window: int  # publishes in flight; of consuming, the prefetch
    through: str
    work: str = PUBLISH


@dataclasses.dataclass
class Pair:
    """A case's pieces, by round."""

    case: Case
    direct: dict[int, Piece]
    sidecar: dict[int, Piece]

    def rate(self, path: str) -> Spread:
        return spread_of([rate(piece) for piece in self._pieces(path)])

    def value(self, path: str, name: str) -> Spread:
        return spread_of([piece[name] for piece in self._pieces(path)])

    def rate_ratio(self) -> Spread:
        return self._ratio(rate)

    def value_ratio(self, name: str) -> Spread:
        return self._ratio(lambda piece: piece[name])

    def memory_ratio(self, idle: int) -> Spread:
        """The daemon's peak over its idle memory, in bytes in flight."""
        return spread_of([(piece["daemon_peak_bytes"] - idle) / piece["bytes_in_flight"]
                          for piece in self._pieces("sidecar")])

    def has(self, name: str) -> bool:
        return all(name in piece for piece in [*self.direct.values(), *self.sidecar.values()])

    def _pieces(self, path: str) -> list[Piece]:
        return list((self.direct if path == "direct" else self.sidecar).values())

    def _ratio(self, value: typing.Callable[[Piece], float]) -> Spread:
        return spread_of([value(self.sidecar[number]) / value(piece)
                          for number, piece in self.direct.items()])


def rate(piece: Piece) -> float:
    return piece["messages"] / piece["seconds"]


def pairs_of(figures: Figures) -> list[Pair]:
    """Of publishing, in order of the run. A round that lacks one of a case's paths is an error."""
    return _pairs(figures.get("pairs", []), PUBLISH)


def consume_pairs_of(figures: Figures) -> list[Pair]:
    """As pairs_of. A direct piece is that of both of the sidecar's ways."""
    return _pairs(figures.get("consume", []), CONSUME)


def latency_pairs_of(figures: Figures) -> list[Pair]:
    """As pairs_of, from the publish of one message at a time to its delivery."""
    return _pairs(figures.get("latency", []), LATENCY)


def side_ratios(pieces: list[Piece], member: str, side: str,
                other: str) -> dict[tuple[str, int], Spread]:
    """By way and window: messages a second of one side, of those of the other, by round."""
    rates: dict[tuple[str, int], dict[str, dict[int, float]]] = {}
    for piece in pieces:
        by_side = rates.setdefault((piece["through"], piece["window"]), {})
        by_side.setdefault(piece[member], {})[piece["round"]] = rate(piece)
    return {case: spread_of([value / by_side[other][number]
                             for number, value in by_side[side].items()])
            for case, by_side in rates.items() if side in by_side and other in by_side}


def schema_ratios_of(figures: Figures) -> dict[tuple[str, int], Spread]:
    """With a schema, of those without a rule."""
    return side_ratios(figures.get("schema", []), "rule", "schema", "none")


def watched_ratios_of(figures: Figures) -> dict[tuple[str, int], Spread]:
    """While somebody asks for /metrics, of those while nobody does."""
    return side_ratios(figures.get("metrics", {}).get("publish", []), "watched", "yes", "no")


def version_ratios_of(figures: Figures) -> dict[tuple[str, int], Spread]:
    """Of this daemon, of those of the other one."""
    return side_ratios(figures.get("metrics", {}).get("publish", []), "watched", "no", "other")


def _pairs(pieces: list[Piece], work: str) -> list[Pair]:
    ways = sorted({piece["path"] for piece in pieces} - {"direct"})
    pairs: dict[Case, Pair] = {}
    for piece in pieces:
        window = piece.get("window", piece.get("prefetch", 1))
        for through in [piece["through"]] if "through" in piece else ways:
            case = Case(piece["queue"], piece["body_bytes"], window, through, work)
            pair = pairs.setdefault(case, Pair(case, {}, {}))
            if piece["path"] == "direct":
                pair.direct[piece["round"]] = piece
            elif piece["path"] == through:
                pair.sidecar[piece["round"]] = piece
    for pair in pairs.values():
        if pair.direct.keys() != pair.sidecar.keys():
            raise ValueError(f"{pair.case}: a round has one path only")
    return list(pairs.values())


def size_name(body_bytes: int) -> str:
    return f"{body_bytes // 1024} KiB" if body_bytes >= 1024 else f"{body_bytes} B"
