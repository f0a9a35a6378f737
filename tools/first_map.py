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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.real_qgis import told_by_qgis  # noqa: E402

# What an analyst may be asked for.
MOST_CLICKS, LONGEST = 3, 20.0


def main() -> int:
    """Measure and print; the exit status is 1 where a bound was not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "first_map")
    parser.add_argument("--to-the-end", action="store_true", help="wait for the result, too")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    script = Path(__file__).with_name("first_map_in_qgis.py")
    settings = {"to_the_end": arguments.to_the_end}
    found = told_by_qgis(script, "SEGSHAP_FIRST_MAP", settings, arguments.output)
    if "error" in found:
        print(found["error"])
        return 1
    found |= {"processors": os.cpu_count(), "load before": round(before, 2)}
    print(json.dumps(found, indent=1))
    return int(found["clicks"] > MOST_CLICKS or found["first map after"] > LONGEST)


if __name__ == "__main__":
    sys.exit(main())
