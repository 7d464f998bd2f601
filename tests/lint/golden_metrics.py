"""What /metrics has, as tests/integration/golden/metrics.txt pins it: for the checks of whatever names
metrics (metrics_table.py, check_grafana.py, check_operations.py)."""

import re

GOLDEN = "tests/integration/golden/metrics.txt"
PREFIX = "amqp_sidecar_"
# Their values are of the test that made the file, not of the metric.
OPEN = {"queue", "version", "le"}

META = re.compile(r"^# (HELP|TYPE) (\w+) (.*)$")
SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})?\s*$")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Metric:
    def __init__(self, name):
        self.name = name
        self.help = ""
        self.kind = ""
        self.labels = {}  # name -> values, in order; empty where they are open

    def series(self):
        """The names that its samples have."""
        if self.kind == "histogram":
            return {self.name + part for part in ("_bucket", "_sum", "_count")}
        return {self.name}

    def add(self, labels):
        for label, value in labels:
            if label == "le":
                continue
            values = self.labels.setdefault(label, [])
            if label not in OPEN and value not in values:
                values.append(value)


def read(root):
    """[Metric], in the order of the file."""
    metrics, series = {}, {}
    for number, line in enumerate((root / GOLDEN).read_text().splitlines(), 1):
        if match := META.match(line):
            what, name, text = match.groups()
            metric = metrics.setdefault(name, Metric(name))
            if what == "HELP":
                metric.help = text
            else:
                metric.kind = text
                series.update(dict.fromkeys(metric.series(), metric))
        elif match := SAMPLE.match(line):
            name, labels = match.groups()
            if name not in series:
                raise ValueError(f"{GOLDEN}:{number}: {name} has no TYPE")
            series[name].add(LABEL.findall(labels or ""))
        elif line.strip():
            raise ValueError(f"{GOLDEN}:{number}: not understood: {line}")
    if not metrics:
        raise ValueError(f"{GOLDEN} names no metric")
    return list(metrics.values())
