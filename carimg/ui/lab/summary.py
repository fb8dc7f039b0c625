"""A grid's strategies side by side: how long, how much, and is it one car."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from carimg.consistency import Report, Verdict
from carimg.generation.lab import run as lab
from carimg.generation.lab.grid import AxisKind
from carimg.generation.lab.run import GridSnapshot, Line, Spread
from carimg.ui.consistency.verdict import MARKS
from carimg.ui.i18n import Texts, plain
from carimg.ui.lab.form import value_name
from carimg.ui.session import jobs


def strategies_in_sum(t: Texts, now: GridSnapshot) -> None:
    """A table with a line a strategy, where rows or columns are strategies."""
    for axis, columns in ((now.grid.rows, False), (now.grid.columns, True)):
        if axis is None or axis.kind is not AxisKind.STRATEGIES or len(axis.values) < 2:
            continue
        head = [t(f"lab.sum.{name}") for name in ("strategy", "report", "set_s", "cost", "pictures", "work_s")]
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        for value, line in zip(axis.values, lab.in_sum(jobs(), now, columns=columns), strict=True):
            cells = (f"**{plain(value_name(t, axis.kind, value))}**", _told(t, line.reports), *_facts(t, line))
            lines.append("| " + " | ".join(cells) + " |")
        st.markdown("\n".join(lines))


def _facts(t: Texts, line: Line) -> tuple[str, ...]:
    cost = t("lab.cost", usd=t.number(line.cost_usd, 3)) if line.cost_usd else t("lab.cost_none")
    pictures = t("lab.of", done=line.done, n=line.pictures)
    return _seconds(t, line.wall_s), plain(cost), pictures, _seconds(t, line.seconds)


def _seconds(t: Texts, spread: Spread | None) -> str:
    if spread is None:
        return "—"
    if spread.low == spread.high:
        return t("card.seconds", seconds=t.number(spread.mean))
    return t("lab.seconds_spread", **{name: t.number(getattr(spread, name)) for name in ("low", "mean", "high")})


def _told(t: Texts, reports: tuple[Report, ...]) -> str:
    """How many sets got which verdict."""
    counts = Counter(report.verdict for report in reports)
    parts = []
    for verdict in Verdict:
        if n := counts[verdict]:
            color, icon = MARKS[verdict]
            times = f"{n} × " if len(reports) > 1 else ""
            parts.append(f":{color}[{icon}] {times}{t(f'report.title.{verdict}')}")
    return ", ".join(parts) or t("report.unchecked")
