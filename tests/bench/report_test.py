#!/usr/bin/env python3
"""The report says what the figures say: by the small run in sample_figures.json."""

import json
import pathlib
import sys
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True

from figures import (CONSUME, LATENCY, Case, Spread, consume_pairs_of,  # noqa: E402
                     latency_pairs_of, pairs_of, schema_ratios_of,
                     version_ratios_of, watched_ratios_of)
from goals import goals_of, verdict  # noqa: E402
from picture import svg  # noqa: E402
from report import BEGIN, END, with_tables  # noqa: E402
from tables import markdown  # noqa: E402

SAMPLE = pathlib.Path(__file__).with_name("sample_figures.json")


class ReportTest(unittest.TestCase):
    def setUp(self) -> None:
        self.figures = json.loads(SAMPLE.read_text(encoding="utf-8"))
        self.pairs = {pair.case: pair for pair in pairs_of(self.figures)}
        self.verdicts = {goal.name: verdict(goal) for goal in goals_of(self.figures)}
        self.stream = self.pairs[Case("classic", 256, 1000, "stream")]

    def test_a_ratio_is_of_one_round_and_the_median_of_them_counts(self) -> None:
        # The ratio of the medians would be 5000 / 4000.
        self.assertEqual(self.stream.rate_ratio(), Spread(0.8, 0.5, 2.0))
        self.assertEqual(self.stream.value_ratio("p50_us"), Spread(1, 0.25, 1))

    def test_a_direct_drain_is_that_of_both_ways_through_the_sidecar(self) -> None:
        pairs = {pair.case: pair for pair in consume_pairs_of(self.figures)}
        stream = pairs[Case("classic", 256, 256, "stream", CONSUME)]
        unary = pairs[Case("classic", 256, 256, "unary", CONSUME)]
        self.assertEqual(stream.rate("direct"), unary.rate("direct"))
        # The ratio of the medians would be 1.
        self.assertEqual(stream.rate_ratio(), Spread(1.25, 0.8, 1.25))
        self.assertEqual(unary.rate_ratio(), Spread(0.8, 0.5, 1))

    def test_a_schema_costs_what_it_costs_within_a_round(self) -> None:
        self.assertEqual(schema_ratios_of(self.figures), {("stream", 1000): Spread(0.8, 0.5, 1.0)})
        name = "throughput with a schema, of that without: "
        self.assertEqual(self.verdicts[name + "stream, window 1,000"], "not met")
        self.assertEqual(self.verdicts[name + "unary, window 1"], "not measured")
        self.assertIn("| stream | 1,000 | 500 (250–1,000) | 400 (250–500) | **0.80 (0.50–1.00)** |",
                      markdown(self.figures))

    def test_being_watched_costs_what_it_costs_within_a_round(self) -> None:
        case = ("stream", 1000)
        self.assertEqual(watched_ratios_of(self.figures), {case: Spread(0.5, 0.25, 1)})
        self.assertEqual(version_ratios_of(self.figures), {case: Spread(2, 1, 4)})
        self.assertEqual(self.verdicts["/metrics with many subscriptions answers within"], "met")
        name = "throughput while /metrics is asked once a second, of that while not: "
        self.assertEqual(self.verdicts[name + "stream, window 1,000"], "not met")
        self.assertIn("| stream | 1,000 | **0.50 (0.25–1.00)** | **2.00 (1.00–4.00)** |",
                      markdown(self.figures))

    def test_memory_is_over_idle_and_against_the_bytes_in_flight(self) -> None:
        large = self.pairs[Case("quorum", 65536, 100, "stream")]
        self.assertEqual(large.memory_ratio(20000000).median, 2.0)

    def test_a_goal_is_met_by_its_median_alone(self) -> None:
        self.assertEqual(self.verdicts["throughput by stream, of direct's: classic, 256 B"],
                         "not met")
        self.assertEqual(self.verdicts["throughput by stream, of direct's: quorum, 64 KiB"], "met")
        self.assertEqual(self.verdicts["daemon's CPU a message by stream: classic, 256 B"], "met")
        self.assertEqual(
            self.verdicts["daemon's memory over idle, of the bytes in flight: quorum, 64 KiB"],
            "not met")
        self.assertEqual(self.verdicts["p99 after two seconds of silence, over direct's"], "met")
        self.assertEqual(self.verdicts["many client processes: connections at the broker"], "met")
        self.assertEqual(self.verdicts["many client processes: fastest over slowest"], "not met")

    def test_the_goals_of_consuming_have_their_own_figures(self) -> None:
        for name, said in (("consuming by SubscribeStream, of direct's", "met"),
                           ("consuming by Subscribe and Ack calls, of direct's", "not met"),
                           ("daemon's CPU a delivery by SubscribeStream", "met"),
                           ("p50 from a publish to its delivery, of direct's", "met")):
            self.assertEqual(self.verdicts[f"{name}: classic, 256 B"], said)
            self.assertEqual(self.verdicts[f"{name}: quorum, 256 B"], "not measured")
        (latency,) = latency_pairs_of(self.figures)
        self.assertEqual(latency.case, Case("classic", 256, 1, "stream", LATENCY))
        self.assertEqual(latency.value_ratio("p50_us"), Spread(1.5, 1, 1.6))

    def test_what_is_just_below_a_bound_is_seen_to_be(self) -> None:
        for piece in self.figures["pairs"]:
            if piece["queue"] == "classic":
                piece["seconds"] = 0.1002 if piece["path"] == "stream" else 0.1
        goal = next(goal for goal in goals_of(self.figures)
                    if goal.name == "throughput by stream, of direct's: classic, 256 B")
        self.assertEqual((goal.value, verdict(goal)), ("0.998", "not met"))

    def test_no_connection_is_not_one_connection(self) -> None:
        self.figures["clients"]["connections"] = 0
        verdicts = {goal.name: verdict(goal) for goal in goals_of(self.figures)}
        self.assertEqual(verdicts["many client processes: connections at the broker"], "not met")

    def test_what_was_not_measured_is_not_met(self) -> None:
        self.assertEqual(self.verdicts["throughput by stream, of direct's: quorum, 1 KiB"],
                         "not measured")
        for part in ("consume", "latency", "idle", "clients"):
            del self.figures[part]
        names = [goal.name for goal in goals_of(self.figures) if goal.met is None]
        self.assertIn("p99 after two seconds of silence, over direct's", names)
        self.assertIn("many client processes: refused", names)
        self.assertIn("daemon's CPU a delivery by SubscribeStream: classic, 256 B", names)
        self.assertIn("p50 from a publish to its delivery, of direct's: classic, 256 B", names)

    def test_the_tables_have_the_medians(self) -> None:
        text = markdown(self.figures)
        self.assertIn("| classic | 256 B | 1,000 | stream | 4,000 (2,500–10,000) "
                      "| 5,000 (2,000–8,000) | **0.80 (0.50–2.00)** | 100 µs → 100 µs |", text)
        self.assertIn("| 2.0 | 3.0 | 5.0 | 30.0 → 25.0 | 977 KiB | 250 KiB |", text)
        self.assertIn("| classic | 256 B | SubscribeStream | 25,000 (20,000–40,000) "
                      "| 25,000 (20,000–50,000) | **1.25 (0.80–1.25)** | 3.0 | 2.0 | 5.0 "
                      "| 20.0 → 20.0 | 1.0 MiB |", text)
        self.assertIn("| classic | 256 B | Subscribe, Ack calls | 25,000 (20,000–40,000) "
                      "| 20,000 (10,000–40,000) | **0.80 (0.50–1.00)** | 3.0 | 4.0 | 9.0 |", text)
        self.assertIn("| classic | 256 B | 1.00 ms (500 µs–2.00 ms) | 1.50 ms (800 µs–2.00 ms) "
                      "| **1.50 (1.00–1.60)** | 2.00 ms (1.00 ms–4.00 ms) |", text)
        self.assertIn("| unary | 1.50 ms | 3.50 ms |", text)
        self.assertIn("| unary | another queue | 30,000 | 3.00 ms", text)

    def test_what_stands_around_the_tables_stays(self) -> None:
        document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
        once = with_tables(document, "new")
        self.assertEqual(once, f"before\n{BEGIN}\n\nnew\n{END}\nafter\n")
        self.assertEqual(with_tables(once, "new"), once)

    def test_the_picture_is_xml_with_a_bar_as_long_as_the_ratio(self) -> None:
        root = xml.etree.ElementTree.fromstring(svg(list(self.pairs.values())))
        namespace = "{http://www.w3.org/2000/svg}"
        bars = [bar for bar in root.iter(f"{namespace}rect") if bar.get("class") == "daemon"]
        widths = [float(bar.get("width", "0")) for bar in bars if bar.get("x") == "110.0"]
        self.assertEqual(len(widths), 2)
        self.assertAlmostEqual(widths[0] / widths[1], 0.8)

    def test_the_picture_names_the_ways_of_consuming(self) -> None:
        root = xml.etree.ElementTree.fromstring(svg(consume_pairs_of(self.figures)))
        heads = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")
                 if text.get("class") == "head"]
        self.assertEqual(heads, ["SubscribeStream", "Subscribe, and Ack calls"])

    def test_a_round_with_one_path_is_an_error(self) -> None:
        for part, pairs in (("pairs", pairs_of), ("consume", consume_pairs_of),
                            ("latency", latency_pairs_of)):
            del self.figures[part][0]
            with self.assertRaises(ValueError):
                pairs(self.figures)


if __name__ == "__main__":
    unittest.main()
