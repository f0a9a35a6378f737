#!/usr/bin/env python3
"""Pictures of every state of the dock in the real QGIS, for the help and to look at.

    python tools/help_pictures.py build/pictures/light --ask
    python tools/help_pictures.py build/pictures/dark --theme "Night Mapping" --scale 2

The runs are kept in `build/pictures/runs`, so that only the first walk waits for the model.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.real_qgis import told_by_qgis  # noqa: E402


def main() -> int:
    """Walk once; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--theme", default="", help="one of QGIS's own, e.g. 'Night Mapping'")
    parser.add_argument("--scale", type=int, default=1, help="of the screen: 2 is 200%%")
    parser.add_argument(
        "--ask", action="store_true", help="also ask the model: run, what if, curves"
    )
    arguments = parser.parse_args()
    settings = {
        "kept": str(ROOT / "build" / "pictures" / "runs"),
        "theme": arguments.theme,
        "ask": arguments.ask,
    }
    script = Path(__file__).with_name("help_pictures_in_qgis.py")
    size = f"{1600 * arguments.scale}x{1000 * arguments.scale}"
    scale = {"QT_SCALE_FACTOR": str(arguments.scale)}
    output = arguments.output.resolve()
    told = told_by_qgis(script, "SEGSHAP_PICTURES", settings, output, scale, size)
    print(told.get("error") or f"pictures in {output}")
    return int("error" in told)


if __name__ == "__main__":
    sys.exit(main())
