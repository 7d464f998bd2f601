#!/usr/bin/env python3
"""What deploy/grafana names is there: metrics, labels and their values in the queries of the dashboard,
of the alert rules and of the documents, and sections of docs/operations.md in the alerts. The dashboard
shows every metric, and each alert has a test that it fires.

Usage: check_grafana.py ROOT
"""

import json
import pathlib
import re
import sys

import golden_metrics
import headings
import yaml

METRIC = re.compile(r"\b(amqp_sidecar_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
# Prometheus' own, of every target.
TARGET = {"instance", "job", "le"}


class Names:
    def __init__(self, root):
        self.series = {}
        for metric in golden_metrics.read(root):
            self.series.update(dict.fromkeys(metric.series(), metric))

    def faults(self, expression):
        """What a query names that is not there."""
        labels = set(TARGET)
        for name, matchers in METRIC.findall(expression):
            if name not in self.series:
                yield f"there is no metric {name}"
                continue
            metric = self.series[name]
            labels |= set(metric.labels)
            for label, operator, value in MATCHER.findall(matchers):
                yield from self.matcher_faults(metric, label, operator, value)
        for group in GROUPING.findall(expression):
            for label in filter(None, map(str.strip, group.split(","))):
                if label not in labels:
                    yield f"no metric of the query has the label {label}"

    @staticmethod
    def matcher_faults(metric, label, operator, value):
        if label in TARGET:
            return
        if label not in metric.labels:
            yield f"{metric.name} has no label {label}"
            return
        known = metric.labels[label]
        wanted = value.split("|") if "~" in operator else [value]
        for one in wanted:
            if known and "$" not in one and one not in known:
                yield f"{metric.name} has no {label}=\"{one}\""

    def series_of(self, name):
        return {series for series, metric in self.series.items() if metric.name == name}

    def labels(self, expression):
        found = set(TARGET)
        for name, _ in METRIC.findall(expression):
            if name in self.series:
                found |= set(self.series[name].labels)
        return found


def dashboard_faults(root, names):
    dashboard = json.loads((root / "deploy/grafana/dashboard.json").read_text())
    variables = {variable["name"] for variable in dashboard["templating"]["list"]}
    queries = [variable["definition"] for variable in dashboard["templating"]["list"]
               if variable["type"] == "query"]
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            queries.append(target["expr"])
            if target["datasource"]["uid"] != "${datasource}":
                yield f"{panel['title']}: not of the data source that is chosen"
    if dashboard["schemaVersion"] < 36 or "datasource" not in variables:
        yield "not a dashboard for Grafana 9 with a data source to choose"
    if len({panel["id"] for panel in dashboard["panels"]}) != len(dashboard["panels"]):
        yield "two panels have one id"
    for query in queries:
        for fault in names.faults(query):
            yield f"{query}: {fault}"
        for variable in re.findall(r"\$(\w+)", query):
            if variable not in variables | {"__rate_interval"}:
                yield f"{query}: there is no variable {variable}"
    shown = {name for query in queries for name, _ in METRIC.findall(query)}
    for name in sorted({metric.name for metric in names.series.values()}):
        if not shown & names.series_of(name):
            yield f"shows nothing of {name}"


def alert_faults(root, names):
    alerts = yaml.safe_load((root / "deploy/grafana/alerts.yaml").read_text())
    tests = yaml.safe_load((root / "deploy/grafana/alerts_test.yaml").read_text())
    fires = {check["alertname"] for test in tests["tests"] for check in test["alert_rule_test"]
             if check["exp_alerts"]}
    sections = headings.anchors(root / "docs/operations.md")
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    if not rules:
        yield "no rules"
    for rule in rules:
        name = rule["alert"]
        for fault in names.faults(rule["expr"]):
            yield f"{name}: {fault}"
        annotations = rule["annotations"]
        for label in re.findall(r"\$labels\.(\w+)", " ".join(annotations.values())):
            if label not in names.labels(rule["expr"]):
                yield f"{name}: no metric of it has the label {label}"
        document, _, section = annotations["runbook_url"].partition("#")
        if document != "docs/operations.md" or section not in sections:
            yield f"{name}: there is no {annotations['runbook_url']}"
        if name not in fires:
            yield f"{name}: no test has it fire"


def document_faults(root, names):
    families = {metric.name for metric in names.series.values()}
    for path in sorted([*(root / "docs").glob("*.md"), root / "README.md"]):
        text = path.read_text()
        for query in re.findall(r"`([^`\n]*amqp_sidecar_[^`\n]*)`", text):
            # A histogram is spoken of by its own name.
            if query not in families:
                yield from (f"{path.name}: {query}: {fault}" for fault in names.faults(query))


def main():
    root = pathlib.Path(sys.argv[1])
    names = Names(root)
    count = 0
    for where, faults in (("dashboard.json", dashboard_faults), ("alerts.yaml", alert_faults),
                          ("docs", document_faults)):
        for fault in faults(root, names):
            print(f"{where}: {fault}")
            count += 1
    print(f"{len(names.series)} series, {count} faults")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
