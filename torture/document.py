"""The table of the campaign in ``docs/reliability.md``, from what was measured and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- campaign: begin -->", "<!-- campaign: end -->"
TITLE = "# Reliability\n"


def table(report: Mapping[str, Any]) -> str:
    """The rows of a report as Markdown, with the machine and its load at the time."""
    lines = [
        f"Measured on {report['date']} with `python -m torture`"
        f"{' --quick' if report['quick'] else ''}: {report['processor']}, "
        f"{report['cores']} core(s) for it, load {report['load']}. Seconds of a busy machine say "
        "little; counts do not depend on it.",
        "",
        "| What is done to it | Figures | Faults |",
        "| --- | --- | --- |",
    ]
    for row in report["rows"]:
        figures = "; ".join(f"{name}: {value}" for name, value in row["figures"].items())
        told = row["left_out"] and f"not measured: {row['left_out']}"
        lines.append(f"| {row['title']} | {told or figures} | {len(row['faults'])} |")
    return "\n".join(lines) + "\n"


def write(path: Path, report: Mapping[str, Any]) -> None:
    """Put the table in its place; the rest of the page stays as it is."""
    text = path.read_text(encoding="utf-8") if path.is_file() else f"{TITLE}\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{table(report)}{END}{after}", encoding="utf-8")
