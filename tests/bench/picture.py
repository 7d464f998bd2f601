"""The figures of a run as one SVG picture: throughput of direct's, and CPU a message.

One group of rows for each window, with a scale of its own for the CPU. Text in the reader's own
font; colours for light and dark by the reader's preference.
"""

import html

from figures import CONSUME, Case, Pair, size_name

WIDTH = 960
ROW = 26
GROUP_HEAD = 46
LEFT = 110  # where the bars of throughput begin
RATIO_WIDTH = 300
CPU_LEFT = 510
CPU_WIDTH = 300

STYLE = """
text { font-family: system-ui, sans-serif; font-size: 12px; fill: #1f2328; }
.head { font-weight: 600; }
.small { font-size: 11px; }
.ground { fill: #ffffff; }
.direct { fill: #8c959f; } .daemon { fill: #0969da; } .client { fill: #bf8700; }
.whisker { stroke: #1f2328; stroke-width: 1.5; }
.line { stroke: #d0d7de; stroke-width: 1; }
.one { stroke: #1f2328; stroke-width: 1; stroke-dasharray: 3 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .ground { fill: #0d1117; }
  .direct { fill: #8b949e; } .daemon { fill: #58a6ff; } .client { fill: #d29922; }
  .whisker, .one { stroke: #e6edf3; }
  .line { stroke: #3d444d; }
}
"""


def text(x: float, y: float, words: str, style: str = "", anchor: str = "start") -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">'
            f"{html.escape(words)}</text>")


def bar(x: float, y: float, width: float, height: float, style: str) -> str:
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height}" '
            f'class="{style}"/>')


def line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def ratio_row(pair: Pair, y: float, scale: float) -> list[str]:
    ratio = pair.rate_ratio()
    middle = y + ROW / 2
    low, high = LEFT + ratio.low * scale, LEFT + ratio.high * scale
    return [bar(LEFT, y + 5, ratio.median * scale, ROW - 10, "daemon"),
            line(low, middle, high, middle, "whisker"),
            line(low, middle - 4, low, middle + 4, "whisker"),
            line(high, middle - 4, high, middle + 4, "whisker"),
            text(LEFT + RATIO_WIDTH + 44, middle + 4, f"{ratio.median:.2f}", "small", "end")]


def cpu_row(pair: Pair, y: float, scale: float) -> list[str]:
    direct = pair.value("direct", "client_cpu_us").median
    daemon = pair.value("sidecar", "daemon_cpu_us").median
    client = pair.value("sidecar", "client_cpu_us").median
    words = f"{direct:.0f} | {daemon:.0f} + {client:.0f} µs"
    return [bar(CPU_LEFT, y + 4, direct * scale, 7, "direct"),
            bar(CPU_LEFT, y + 13, daemon * scale, 9, "daemon"),
            bar(CPU_LEFT + daemon * scale, y + 13, client * scale, 9, "client"),
            text(CPU_LEFT + CPU_WIDTH + 16, y + ROW / 2 + 4, words, "small")]


def cpu_most(pair: Pair) -> float:
    return max(pair.value("direct", "client_cpu_us").median,
               pair.value("sidecar", "daemon_cpu_us").median
               + pair.value("sidecar", "client_cpu_us").median)


def group_name(case: Case) -> str:
    if case.work == CONSUME:
        return "SubscribeStream" if case.through == "stream" else "Subscribe, and Ack calls"
    if case.through == "stream":
        return "PublishStream"
    if case.window == 1:
        return "Publish, one at a time"
    return f"Publish, {case.window} in flight"


def legend(y: float) -> list[str]:
    parts = [text(LEFT, y, "messages a second, direct = 1, with lowest and highest round", "small")]
    x = float(CPU_LEFT)
    parts.append(text(x, y, "CPU a message:", "small"))
    x += 100
    for style, words in (("direct", "direct's client"), ("daemon", "daemon"),
                         ("client", "sidecar's client")):
        parts += [bar(x, y - 9, 10, 10, style), text(x + 14, y, words, "small")]
        x += 34 + 6.2 * len(words)
    return parts


def group(name: str, pairs: list[Pair], y: float, ratio_scale: float) -> list[str]:
    parts = [line(16, y + 6, WIDTH - 16, y + 6, "line"), text(16, y + 28, name, "head")]
    scale = CPU_WIDTH / max(cpu_most(pair) for pair in pairs)
    y += GROUP_HEAD - 10
    for pair in pairs:
        label = f"{pair.case.queue}, {size_name(pair.case.body_bytes)}"
        parts += [text(16, y + ROW / 2 + 4, label, "small"), *ratio_row(pair, y, ratio_scale),
                  *cpu_row(pair, y, scale)]
        y += ROW
    one = LEFT + ratio_scale
    return [*parts, line(one, y - ROW * len(pairs), one, y, "one")]


def svg(pairs: list[Pair]) -> str:
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(group_name(pair.case), []).append(pair)
    most = max([1.2, *(pair.rate_ratio().high for pair in pairs)])
    parts = legend(26.0)
    y = 34.0
    for name, members in groups.items():
        parts += group(name, members, y, RATIO_WIDTH / most)
        y += GROUP_HEAD + ROW * len(members)
    height = y + 8
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'width="{WIDTH}" height="{height:.0f}" role="img">\n'
            "<title>What the sidecar costs: throughput of direct's, and CPU a message</title>\n"
            f"<style>{STYLE}</style>\n"
            '<rect width="100%" height="100%" class="ground"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
