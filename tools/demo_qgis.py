#!/usr/bin/env python3
"""The plugin's main job in the real QGIS: explain the slick of the sample scene, keep the result.

Opens a QGIS window where there is a display, else works on a virtual one. Draws the region with
mouse events, waits for the task, exports a GeoPackage and a picture of the map with its legend, and
prints probability, base value, sum of contributions, evaluations and seconds.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.real_qgis import has_display, told_by_qgis  # noqa: E402

EFFORTS = ("quick", "balanced", "thorough")


def main() -> int:
    """Run the demonstration; returns the exit status."""
    arguments = parse_arguments()
    settings = {
        "effort": EFFORTS.index(arguments.effort),
        "stay": has_display() and not arguments.close,
    }
    if settings["stay"]:
        print("QGIS opens; the demonstration ends when you close its window.")
    script = Path(__file__).with_name("demo_in_qgis.py")
    report = told_by_qgis(script, "SEGSHAP_DEMO", settings, arguments.output)
    return tell(report, arguments.output.resolve())


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--effort", choices=EFFORTS, default="balanced")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "demo")
    parser.add_argument("--close", action="store_true", help="close QGIS's window at the end")
    return parser.parse_args()


def tell(report: dict[str, Any], output: Path) -> int:
    """Print what came out and where it is."""
    if "error" in report:
        print(report["error"])
        return 1
    print(report["headline"])
    print(
        f"p {report['p']:.3f}, base {report['base']:.3f}, sum {report['sum']:+.3f}, "
        f"precision {report['precision']:.1%}, {report['evaluations']} evaluations, "
        f"{report['seconds']:.1f} s"
    )
    names = {
        "GeoPackage": "segshap.gpkg",
        "map with legend": "map.png",
        "QGIS window": "window.png",
    }
    for what, name in names.items():
        print(f"{what}: {output / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
