"""Runs inside QGIS, in its Python console's namespace: carries out one act and writes a report."""

import faulthandler
import importlib
import json
import os
import sys
from pathlib import Path

from qgis.PyQt.QtCore import QTimer

orders = json.loads(os.environ["SEGSHAP_TORTURE"])
sys.path.insert(0, orders["root"])
crash = Path(orders["crash"]).open("w", encoding="utf-8")  # noqa: SIM115 (open until the end)
faulthandler.enable(crash)


def main() -> None:
    from torture.stage import Stage, report_on

    module, function = orders["act"].split(":")
    act = getattr(importlib.import_module(f"torture.{module}"), function)
    report_on(lambda: act(Stage(orders)), Path(orders["report"]), ends=orders.get("ends", True))


QTimer.singleShot(500, main)
