"""Coverage-guided fuzzing of the readers of model cards and of GeoPackages.

    python tools/fuzz.py {card,run,package} [libFuzzer's options, e.g. -max_total_time=200]

Needs atheris (`make fuzz` gets it). Whatever is read must be whole, or refused with a SegShapError;
anything else stops the fuzzer, which writes the input to build/fuzz/. What it finds becomes a test.

    card       bytes as the JSON of a card, then what is made of it before the weights
    run        bytes as the document of a run, with the arrays of a sound one
    package    bytes over the pages of a sound GeoPackage with one run
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "build" / "fuzz" / "atheris")]

import atheris  # noqa: E402, it lies in build/

with atheris.instrument_imports(include=["segshap_qgis"]):
    from segshap_qgis.errors import SegShapError
    from segshap_qgis.geo import read_geopackage, run_document, write_geopackage
    from segshap_qgis.geo.cells import cell_columns
    from segshap_qgis.geo.geopackage import list_runs
    from segshap_qgis.geo.rasters import maps
    from segshap_qgis.models.model_card import ModelCard
from tests.small_record import small_record  # noqa: E402

CORPUS = ROOT / "build" / "fuzz"


def card_target(folder: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Cards: read, and written again."""
    path = folder / "card.json"

    def one(content: bytes) -> None:
        path.write_bytes(content)
        try:
            card = ModelCard.read(path)
        except SegShapError:
            return
        assert ModelCard.from_dict(json.loads(card.to_json())).class_names == card.class_names  # noqa: S101

    return one, [card.read_bytes() for card in (ROOT / "resources" / "models").glob("*.json")]


def run_target(_folder: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Documents of runs: all that is made of a run can be made of what was read."""
    text, block = run_document.pack(small_record(shape=(20, 30)))

    def one(content: bytes) -> None:
        try:
            record = run_document.unpack(content.decode("utf-8", "replace"), block)
        except SegShapError:
            return
        list(maps(record))
        cell_columns(record)
        run_document.pack(record)

    return one, [text.encode()]


def package_target(folder: Path) -> tuple[Callable[[bytes], None], list[bytes]]:
    """Whole files: pairs of a position (3 bytes) and a byte are written over a sound one."""
    sound = folder / "sound.gpkg"
    write_geopackage(sound, [small_record(shape=(20, 30))])
    whole, path = sound.read_bytes(), folder / "damaged.gpkg"

    def one(content: bytes) -> None:
        damaged = bytearray(whole)
        for start in range(0, len(content) - 3, 4):
            position = int.from_bytes(content[start : start + 3], "little") % len(damaged)
            damaged[position] = content[start + 3]
        path.write_bytes(damaged)
        for read in (list_runs, read_geopackage):
            with contextlib.suppress(SegShapError):
                read(path)

    return one, [b"\x10\x00\x00\xff", b"\x64\x00\x00\x05\x00\x10\x00\x00"]


TARGETS = {"card": card_target, "run": run_target, "package": package_target}


def main() -> None:
    """Make a corpus of sound inputs, and fuzz until the time is over."""
    name, *options = sys.argv[1:]
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        one, sound = TARGETS[name](Path(folder))
        for number, content in enumerate(sound):
            (corpus / f"sound-{number}").write_bytes(content)
        found = f"-artifact_prefix={CORPUS}/{name}-"
        atheris.Setup([sys.argv[0], *options, found, str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
