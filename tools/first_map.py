#!/usr/bin/env python3
"""From the plugin's start to the first map on the sample scene, in the real QGIS: clicks, seconds.

Opens QGIS (on a virtual display where there is none) with the sample scene, starts the plugin in
it, clicks as an analyst does who changes nothing, and counts. The bundled model runs with the
settings that the dock proposes.

    python tools/first_map.py                until the first map is drawn
    python tools/first_map.py --to-the-end   also until the result is there
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.real_qgis import can_run_qgis, run_in_qgis  # noqa: E402

# What an analyst may be asked for.
MOST_CLICKS, LONGEST = 3, 20.0


def main() -> int:
    """Measure and print; the exit status is 1 where a bound was not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "first_map")
    parser.add_argument("--to-the-end", action="store_true", help="wait for the result, too")
    arguments = parser.parse_args()
    if not can_run_qgis():
        print("QGIS, or a display (or xvfb-run) for it, is missing: run `make setup`.")
        return 1
    output = arguments.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    report = output / "report.json"
    report.unlink(missing_ok=True)
    settings = {
        "scene": str(ROOT / "resources" / "sample" / "sample_slick.tif"),
        "output": str(output),
        "to_the_end": arguments.to_the_end,
    }
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="segshap-profile-") as profile:
        script = Path(__file__).with_name("first_map_in_qgis.py")
        environment = {"SEGSHAP_FIRST_MAP": json.dumps(settings)}
        run_in_qgis(script, Path(profile), environment, timeout=3600)
    if not report.is_file():
        print("QGIS ended without a report.")
        return 1
    found = json.loads(report.read_text(encoding="utf-8"))
    if "error" in found:
        print(found["error"])
        return 1
    found |= {"processors": os.cpu_count(), "load before": round(before, 2)}
    print(json.dumps(found, indent=1))
    return int(found["clicks"] > MOST_CLICKS or found["first map after"] > LONGEST)


if __name__ == "__main__":
    sys.exit(main())
