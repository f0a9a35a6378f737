#!/usr/bin/env python3
"""How long QGIS's window does not answer while the slick of the sample scene is explained.

Starts the real QGIS (on a virtual display where there is none) with the plugin and the bundled
model, draws the region with the mouse, and lets a timer of 5 ms tick in the main thread's event
loop until the result is shown. Each gap between two ticks is told twice: on the clock, and without
the time in which the thread was ready and had no processor, which a busy machine adds.

    python tools/responsiveness.py            figures, and whether they are within the bounds
    python tools/responsiveness.py --trace    also what the main thread did in the longest gaps
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.real_qgis import can_run_qgis, end_qgis_with_us  # noqa: E402
from torture.campaign import surroundings  # noqa: E402
from torture.ground import Ground  # noqa: E402
from torture.qgis_process import in_qgis  # noqa: E402

SCENE = ROOT / "resources" / "sample" / "sample_slick.tif"
MODEL = ROOT / "resources" / "models" / "oil_fcdensenet56.json"
# Milliseconds that the event loop may be blocked: at most, and in 95 of 100 gaps.
LONGEST, USUAL = 100.0, 30.0


def main() -> int:
    """Measure and print; the exit status is 1 when a bound was not kept."""
    arguments = parse_arguments()
    if not can_run_qgis():
        print("QGIS, or a display (or xvfb-run) for it, is missing: run `make setup`.")
        return 1
    end_qgis_with_us()
    with tempfile.TemporaryDirectory(prefix="segshap-responding-") as folder:
        found = in_qgis(
            "responding:act",
            Ground(Path(folder), SCENE, MODEL),
            580,
            side=22,
            budget=arguments.budget,
            window=arguments.window,
            traced=arguments.trace,
            warm=arguments.warm,
        )
    report = {**found.to_dict(), **surroundings()}
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(json.dumps(report, indent=1))
    longest = float(found.figures.get("all, longest block ms", float("inf")))
    usual = float(found.figures.get("all, 95th percentile ms", float("inf")))
    return int(bool(found.faults) or longest > LONGEST or usual > USUAL)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--budget", type=int, default=1000, help="evaluations at most")
    parser.add_argument("--window", type=int, default=512, help="side that the model sees")
    parser.add_argument("--trace", action="store_true", help="look at what fills the gaps")
    parser.add_argument("--warm", action="store_true", help="explain a pixel before, unmeasured")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
