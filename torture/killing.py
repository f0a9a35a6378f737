"""A program that appends to a GeoPackage is killed: the old content is there, every time."""

from __future__ import annotations

import json
import subprocess
import sys

from tools.real_qgis import ROOT

from .findings import Finding
from .ground import Ground

# A process that appends to a copy of a file in children of its own and kills each at a moment
# drawn over the whole length of an append; a line of JSON for every kill.
KILLER = """
import json, os, random, shutil, signal, sys, time
from pathlib import Path
from segshap_qgis.geo import read_geopackage, write_geopackage
from segshap_qgis.geo.geopackage import list_runs
from tests.small_record import small_record

folder, kills = Path(sys.argv[1]), int(sys.argv[2])
kept, path = folder / "kept.gpkg", folder / "runs.gpkg"
first, second = small_record("first"), small_record("second", seed=1)
write_geopackage(kept, [first])
shutil.copy(kept, path)
write_geopackage(path, [second])  # loads what is loaded late
started = time.monotonic()
shutil.copy(kept, path)
write_geopackage(path, [second])
whole = time.monotonic() - started
draw = random.Random(0)
for _ in range(kills):
    shutil.copy(kept, path)
    old = path.read_bytes()
    child = os.fork()
    if child == 0:
        write_geopackage(path, [second])
        os._exit(0)
    time.sleep(draw.uniform(0, 1.1 * whole))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    names = [run.name for run in list_runs(path)]
    back = read_geopackage(path, "first").explanation.values
    print(json.dumps({
        "killed": os.WIFSIGNALED(status),
        "untouched": path.read_bytes() == old,
        "names": names,
        "same": bool((back == first.explanation.values).all()),
        "left": sum(1 for entry in folder.iterdir()) - 2,
    }), flush=True)
write_geopackage(path, [small_record("third", seed=2)])
print(json.dumps({"left at the end": sum(1 for entry in folder.iterdir()) - 2}))
"""


def killed(ground: Ground, quick: bool) -> Finding:
    """Killed during an append."""
    kills = 5 if quick else 50
    folder = ground.fresh("killing")
    process = subprocess.run(
        [sys.executable, "-c", KILLER, str(folder), str(kills)],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=600,
    )
    if process.returncode:
        return Finding(faults=[process.stderr])
    *reports, last = (json.loads(line) for line in process.stdout.splitlines())
    killed_ones = [report for report in reports if report["killed"]]
    finding = Finding()
    for report in reports:
        whole = report["untouched"] or report["names"] == ["first", "second"]
        if not (whole and report["same"]):
            finding.faults.append(f"harmed: {report}")
    if last["left at the end"]:
        finding.faults.append("the next append did not clear up")
    finding.figures = {
        "appends": len(reports),
        "killed before they had ended": len(killed_ones),
        "old file untouched": sum(report["untouched"] for report in reports),
        "new file whole": sum(report["names"] == ["first", "second"] for report in reports),
        "old content intact": sum(report["same"] for report in reports),
        "killed with a copy half written": sum(report["left"] > 0 for report in killed_ones),
    }
    return finding
