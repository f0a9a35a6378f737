#!/usr/bin/env python3
"""Pictures of every state of the dock in the real QGIS, for the help and to look at.

    python tools/help_pictures.py build/pictures/light --ask
    python tools/help_pictures.py build/pictures/dark --theme "Night Mapping" --scale 2

The runs are kept in `build/pictures/runs`, so that only the first walk waits for the model.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.real_qgis import can_run_qgis, run_in_qgis  # noqa: E402


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
    if not can_run_qgis():
        print("QGIS, or a display (or xvfb-run) for it, is missing: run `make setup`.")
        return 1
    output = arguments.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    settings = {
        "scene": str(ROOT / "resources" / "sample" / "sample_slick.tif"),
        "output": str(output),
        "kept": str(ROOT / "build" / "pictures" / "runs"),
        "theme": arguments.theme,
        "ask": arguments.ask,
    }
    environment = {
        "SEGSHAP_PICTURES": json.dumps(settings),
        "QT_SCALE_FACTOR": str(arguments.scale),
    }
    size = f"{1600 * arguments.scale}x{1000 * arguments.scale}"
    report = output / "report.json"
    report.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="segshap-profile-") as profile:
        script = Path(__file__).with_name("help_pictures_in_qgis.py")
        run_in_qgis(script, Path(profile), environment, size, timeout=3600)
    ended = report.is_file()
    told = json.loads(report.read_text("utf-8")) if ended else {"error": "QGIS ended too early."}
    print(told.get("error") or f"pictures in {output}")
    return int("error" in told)


if __name__ == "__main__":
    sys.exit(main())
