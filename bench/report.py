"""Writes RESULTS.md and the plot from what was measured."""

import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.calls import CALLS
from bench.rounds import Outcome

Found = dict[str, dict[str, Outcome]]
LABELS = {
    "ours": "**Policy Events**",
    "limit": "physical limit",
    "drf": "plain DRF",
    "ninja": "Django Ninja",
    "fastapi": "FastAPI + SQLAlchemy",
    "directus": "Directus",
    "datasette": "Datasette (flat)",
}
NESTING = ("fastapi", "ninja", "directus")


@dataclass
class Results:
    """All that one run found."""

    about: dict[str, Any]
    calls: Found
    exports: list[dict[str, Any]]
    writing: dict[str, float]
    memory: dict[str, tuple[float, float]]  # idle and after the load, MB
    faults: dict[str, str]
    growth: list[dict[str, Any]]

    def as_data(self) -> dict[str, Any]:
        calls = {c: {n: o.as_data() for n, o in rows.items()} for c, rows in self.calls.items()}
        return {**vars(self), "calls": calls}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Results":
        calls = {
            call: {name: Outcome.from_data(row) for name, row in rows.items()}
            for call, rows in data["calls"].items()
        }
        return cls(**{**data, "calls": calls})

    def value(self, call: str, who: str, name: str = "rate") -> float | None:
        outcome = self.calls.get(call, {}).get(who)
        return outcome.middle(name) if outcome and outcome.rounds else None

    def ratio(self, call: str, who: str, name: str = "rate") -> float | None:
        return divided(self.value(call, "ours", name), self.value(call, who, name))

    def rows(self, label: str) -> float | None:
        return next((row["rate"] for row in self.exports if row["label"].startswith(label)), None)

    def grown(self, call: str) -> float | None:
        """The median of the largest dataset over that of the one ten times smaller."""
        by_size = {row["actions"]: row["warm"].get(call) for row in self.growth}
        most = max(by_size, default=0)
        return divided(by_size.get(most), by_size.get(most // 10))


def divided(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None


@dataclass(frozen=True)
class Target:
    text: str
    measured: Callable[[Results], float | None]
    bound: float
    least: bool = True  # else at most
    unit: str = "x"

    def line(self, results: Results) -> str:
        found = self.measured(results)
        if found is None:
            return f"| {self.text} | not measured | – |"
        met = found >= self.bound if self.least else found <= self.bound
        return f"| {self.text} | {number(found)}{self.unit} | {'met' if met else '**not met**'} |"


def best_nested(call: str) -> Callable[[Results], float | None]:
    def found(results: Results) -> float | None:
        rates = [rate for who in NESTING if (rate := results.value(call, who))]
        return divided(results.value(call, "ours"), max(rates, default=None))

    return found


def against(call: str, who: str, name: str = "rate") -> Callable[[Results], float | None]:
    return lambda results: results.ratio(call, who, name)


def rate_to_list_of_limit(call: str) -> Callable[[Results], float | None]:
    return lambda results: divided(results.value(call, "ours"), results.value("list", "limit"))


def grown(call: str) -> Callable[[Results], float | None]:
    return lambda results: results.grown(call)


def exported(label: str, other: str) -> Callable[[Results], float | None]:
    return lambda results: divided(results.rows(label), results.rows(other))


def risen(results: Results) -> float | None:
    """MB that the worker rose above what it held when idle, at most."""
    if "ours" not in results.memory:
        return None
    idle, after = results.memory["ours"]
    return after - idle


def risen_in_export(results: Results) -> float | None:
    own = [row["peak"] - row["idle"] for row in results.exports if "Policy Events" in row["label"]]
    return max(own, default=None)


def loading(other: str) -> Callable[[Results], float | None]:
    def found(results: Results) -> float | None:
        given = results.writing
        if not given:
            return None
        return given["load_actions"] / given["load_seconds"] / given[other]

    return found


def deep_to_first(results: Results) -> float | None:
    return divided(results.value("deep", "ours", "p50"), results.value("list", "ours", "p50"))


TARGETS = (
    Target("list page of 50: 25x plain DRF (aim 50x)", against("list", "drf"), 25),
    Target("list page: 8x the best peer that nests (aim 15x)", best_nested("list"), 8),
    Target("list page, aim: 0.75 of the limit's requests", against("list", "limit"), 0.75),
    Target(
        "list page, aim: at most 2x the limit's worker CPU",
        against("list", "limit", "server_ms"),
        2,
        least=False,
    ),
    Target("one record: 15x plain DRF (aim 45x)", against("one", "drf"), 15),
    Target("one record: 8x FastAPI (aim 20x)", against("one", "fastapi"), 8),
    Target("one record: 8x Directus (aim 20x)", against("one", "directus"), 8),
    Target("search by date: 12x plain DRF (aim 25x)", against("search_common", "drf"), 12),
    Target("search by date: 0.8 of the limit", against("search_common", "limit"), 0.8),
    Target("304: 3x the limit's list pages", rate_to_list_of_limit("not_modified"), 3),
    Target("a repeated page: 3x the limit's list pages", rate_to_list_of_limit("repeated"), 3),
    Target("deep page: at most 1.2x the first page's p50", deep_to_first, 1.2, least=False),
    Target("NDJSON: 0.6 of COPY", exported("NDJSON, Policy", "COPY"), 0.6),
    Target("NDJSON: 200x plain DRF", exported("NDJSON, Policy", "NDJSON, plain"), 200),
    Target("CSV: 0.6 of COPY", exported("CSV, Policy", "COPY"), 0.6),
    Target("CSV: 200x plain DRF", exported("CSV, Policy", "NDJSON, plain"), 200),
    Target("export: at most idle + 30 MB", risen_in_export, 30, least=False, unit=" MB"),
    Target("worker after load: at most idle + 30 MB", risen, 30, least=False, unit=" MB"),
    Target("load_dataset: 20x saving and publishing one by one", loading("own_one_by_one"), 20),
    Target("load_dataset: 20x plain ORM saves, no publication", loading("orm_one_by_one"), 20),
    *(
        Target(f"{call}, ten times the actions: p50 at most {most}x", grown(call), most, False)
        for call, most in (
            *(("list", 1.2), ("one", 1.2), ("deep", 1.2)),
            *(("search_common", 1.3), ("search_rare", 1.3), ("search_relevance", 3)),
        )
    ),
)


def number(value: float | None) -> str:
    if value is None:
        return "–"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    line = "|".join(["", *(["---"] + ["---:"] * (len(head) - 1)), ""])
    return "\n".join([f"| {' | '.join(head)} |", line, *(f"| {' | '.join(r)} |" for r in rows)])


def of_call(results: Results, call: str) -> str:
    head = ["", "a second", "÷ DRF", "÷ limit", "p50 ms", "p99 ms"]
    head += ["worker ms", "PostgreSQL ms", "KB"]
    rows, notes = [], []
    for who, outcome in results.calls[call].items():
        if not outcome.rounds:
            notes.append(f"- {LABELS[who]} is not here: {outcome.note}")
            continue
        rate = outcome.middle("rate")
        over = [divided(rate, results.value(call, other)) for other in ("drf", "limit")]
        names = ("p50", "p99", "server_ms", "database_ms", "kilobytes")
        values = [number(rate), *map(number, over), *(number(outcome.middle(n)) for n in names)]
        rows.append([LABELS[who], *values])
    parts = [f"### {CALLS[call].label}", table(head, rows), "\n".join(notes)]
    return "\n\n".join(part for part in parts if part)


def of_exports(results: Results) -> Iterator[str]:
    if results.exports:
        head = ["", "rows a second", "rows", "MB", "worker s", "PostgreSQL s", "idle MB", "peak MB"]
        names = ("rate", "rows", "megabytes", "server", "database", "idle", "peak")
        rows = [[r["label"], *(number(r[name]) for name in names)] for r in results.exports]
        yield "## Everything at once\n\n" + table(head, rows)


def of_writing(results: Results) -> Iterator[str]:
    if given := results.writing:
        rate = given["load_actions"] / given["load_seconds"]
        rows = [
            [
                f"load_dataset, {given['load_actions']:,.0f} actions",
                f"{rate:,.0f} actions a second",
            ],
            ["the same, one action after the other", f"{given['own_one_by_one']:.1f} a second"],
            ["plain ORM saves of plain tables", f"{given['orm_one_by_one']:.1f} a second"],
            ["publish one action", f"p50 {given['publish_p50']:.1f} ms"],
            ["", f"p99 {given['publish_p99']:.1f} ms"],
        ]
        yield "## Writing\n\n" + table(["", "measured"], rows)


def of_memory(results: Results) -> Iterator[str]:
    if results.memory:
        rows = [[LABELS[w], number(a), number(b)] for w, (a, b) in results.memory.items()]
        yield "## Memory of a worker, MB\n\n" + table(["", "idle", "after the load"], rows)


GROWN = {
    "warm": "warm",
    "cold": "cold",
    "drf": "plain DRF, warm",
    "database": "PostgreSQL's ms of a request, warm",
    "pages": "pages it reads from the system, of a request, warm",
}


def of_growth(results: Results) -> Iterator[str]:
    if not results.growth:
        return
    sizes = [f"{row['actions']:,}" for row in results.growth]
    text = "## As it grows\n\nMedian milliseconds, one client at a time; then why."
    for name, title in GROWN.items():
        found = [row.get(name, {}) for row in results.growth]
        calls = list(dict.fromkeys(call for row in found for call in row))
        rows = [[call, *(number(row.get(call)) for row in found)] for call in calls]
        text += f"\n\n{table([title, *sizes], rows)}"
    yield text
    for row in results.growth:
        for call, points in row["clients"].items():
            rows = [[str(clients), *map(number, found)] for clients, *found in points]
            head = ["at once", "a second", "p50 ms", "p99 ms"]
            yield f"### {call}, {row['actions']:,} actions, two workers\n\n{table(head, rows)}"


def missing(results: Results) -> Iterator[str]:
    if results.faults:
        lines = [f"- {LABELS.get(who, who)}: {text}" for who, text in results.faults.items()]
        yield "## Missing\n\n**This run is not whole.**\n\n" + "\n".join(lines)


def markdown(results: Results) -> str:
    about = "\n".join(f"- {name}: {value}" for name, value in results.about.items())
    lines = [target.line(results) for target in TARGETS]
    targets = "\n".join(["| target | measured | |", "|---|---:|---|", *lines])
    parts = [
        "# Results\n\nWritten by `make bench`. [README.md](README.md) says how to read this.",
        about,
        *missing(results),
        f"## Targets\n\n{targets}",
        "![Requests a second, plain DRF = 1](results.svg)",
        "## Calls",
        *(of_call(results, call) for call in results.calls),
        *of_exports(results),
        *of_writing(results),
        *of_memory(results),
        *of_growth(results),
    ]
    return "\n\n".join(parts) + "\n"


# The plot: bars by contestant, a group a call, the longest of each as wide as all others'

PLOTTED = ("list", "deep", "one", "search_common", "search_rare", "aggregate")
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.h{font-weight:600}.n{fill:#666}"
    ".bar{fill:#9aa5b1}.ours{fill:#2a6fdb}.limit{fill:#c9a227}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.n{fill:#999}.bar{fill:#5f6b78}"
    ".ours{fill:#6ea8ff}.limit{fill:#d9b84a}}"
)
ROW, LEFT, WIDE = 20, 170, 420


def svg(results: Results) -> str:
    """Requests a second over those of plain DRF."""
    y, parts = 24, []
    found = [(c, ratios(results, c)) for c in PLOTTED if results.value(c, "drf")]
    for call, by_name in found:
        most = max(by_name.values())
        parts.append(f'<text class="h" x="8" y="{y}">{CALLS[call].label}</text>')
        for who, ratio in by_name.items():
            y += ROW
            wide = max(1.0, ratio / most * WIDE)
            kind = who if who in ("ours", "limit") else "bar"
            label = LABELS[who].strip("*")
            parts.append(f'<text x="{LEFT - 8}" y="{y}" text-anchor="end">{label}</text>')
            parts.append(
                f'<rect class="{kind}" x="{LEFT}" y="{y - 11}" width="{wide:.0f}" height="13"/>'
            )
            parts.append(
                f'<text class="n" x="{LEFT + wide + 6:.0f}" y="{y}">{number(ratio)}x</text>'
            )
        y += ROW + 12
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{y}" role="img"'
        f' aria-label="Requests a second, plain DRF = 1">'
        f"<style>{STYLE}</style>\n{body}\n</svg>\n"
    )


def ratios(results: Results, call: str) -> dict[str, float]:
    found = {who: divided(results.value(call, who), results.value(call, "drf")) for who in LABELS}
    return {who: ratio for who, ratio in found.items() if ratio}


def machine() -> dict[str, str]:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{model[1] if model else platform.processor()}",
        "memory": f"{int(memory[1]) // 2**20 if memory else 0} GB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
    }


def write(results: Results, folder: Path) -> None:
    (folder / "RESULTS.md").write_text(markdown(results))
    (folder / "results.svg").write_text(svg(results))
