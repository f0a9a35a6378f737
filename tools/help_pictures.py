#!/usr/bin/env python3
"""Pictures of every state of the dock in the real QGIS, for the help and to look at.

    python tools/help_pictures.py build/pictures/en --ask
    python tools/help_pictures.py build/pictures/fr --ask --language fr
    python tools/help_pictures.py build/pictures/dark --theme "Night Mapping" --scale 2
    python tools/help_pictures.py build/pictures/fr --language fr --guide

The runs are kept in `build/pictures/runs`, so that only the first walk in a language waits for the
model. With `--guide` no walk is taken: the pictures of an earlier one, once they were looked at, go
into the guide.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.real_qgis import told_by_qgis  # noqa: E402

# QGIS asks the system for the person's language.
LOCALES = {"en": "C.UTF-8", "fr": "fr_FR.UTF-8"}
# Pixels: the guide shows a window at less than that, and fewer colours would spoil the map's.
WIDEST = 1000


def main() -> int:
    """Walk once, or hand the pictures over; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--theme", default="", help="one of QGIS's own, e.g. 'Night Mapping'")
    parser.add_argument("--scale", type=int, default=1, help="of the screen: 2 is 200%%")
    parser.add_argument(
        "--ask", action="store_true", help="also ask the model: run, what if, curves"
    )
    parser.add_argument("--language", default="en", choices=("en", "fr"), help="of QGIS")
    parser.add_argument("--guide", action="store_true", help="put earlier ones into the guide")
    arguments = parser.parse_args()
    if arguments.guide:
        return into_guide(arguments.output, arguments.language)
    settings = {
        "kept": str(ROOT / "build" / "pictures" / "runs" / arguments.language),
        "theme": arguments.theme,
        "ask": arguments.ask,
    }
    script = Path(__file__).with_name("help_pictures_in_qgis.py")
    size = f"{1600 * arguments.scale}x{1000 * arguments.scale}"
    variables = {
        "QT_SCALE_FACTOR": str(arguments.scale),
        "LC_ALL": LOCALES[arguments.language],
    }
    output = arguments.output.resolve()
    told = told_by_qgis(script, "SEGSHAP_PICTURES", settings, output, variables, size)
    print(told.get("error") or f"pictures in {output}")
    return int("error" in told)


def into_guide(taken: Path, language: str) -> int:
    """Put those pictures that the guide shows beside it, no wider than need be: they travel."""
    guide = ROOT / "help" / language / "guide.html"
    for name in re.findall(r'src="(images/[^"]+\.png)"', guide.read_text(encoding="utf-8")):
        target = guide.parent / name
        target.parent.mkdir(exist_ok=True)
        with Image.open(taken / target.name) as picture:
            small = picture.convert("RGB")
        small.thumbnail((WIDEST, WIDEST), Image.Resampling.LANCZOS)
        small.save(target, optimize=True)
        print(f"{target.relative_to(ROOT)}: {target.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
