#!/usr/bin/env python3
"""Keeps the French catalogue in step with the sources.

    python tools/translations.py                  list what has no French
    python tools/translations.py --add FILE.json  take French texts by their English, write .ts, .qm

Texts that the sources no longer have are dropped; a text that another class has already in French
is taken over from there.
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "i18n" / "segshap_fr.ts"
# Texts of algorithms that stand in their classes, and are translated where they are shown.
CONSTANTS = {"TITLE", "GROUP", "SUMMARY"}
# Which argument is the text, and which names its context.
PLACES = {"tr": (0, None), "translate": (1, 0), "QT_TRANSLATE_NOOP": (1, 0)}

Text = tuple[str, str]
French = dict[Text, str]


def texts_of_sources() -> set[Text]:
    """Context and English of every text that the plugin marks for translation."""
    return {
        text for path in sorted((ROOT / "segshap_qgis").rglob("*.py")) for text in texts_of(path)
    }


def texts_of(path: Path) -> set[Text]:
    """Context and English of every text that a file marks for translation."""
    return set(_texts(ast.parse(path.read_text(encoding="utf-8")), ""))


def _texts(node: ast.AST, context: str) -> Iterator[Text]:
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.ClassDef) else context
        if isinstance(child, ast.Call):
            yield from _marked(child, context)
        if isinstance(child, ast.Assign) and context:
            names = {getattr(target, "id", "") for target in child.targets}
            if names & CONSTANTS and _is_text(child.value):
                yield context, child.value.value  # type: ignore[attr-defined]
        yield from _texts(child, inside)


def _marked(call: ast.Call, context: str) -> Iterator[Text]:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    at, names = PLACES.get(name, (None, None))
    if at is None or len(call.args) <= at or not _is_text(call.args[at]):
        return
    if names is not None:
        context = call.args[names].value  # type: ignore[attr-defined]
    yield context, call.args[at].value  # type: ignore[attr-defined]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)


def read_catalogue() -> French:
    """French of every finished text."""
    found = {}
    for context in ET.parse(CATALOGUE).getroot().iter("context"):  # noqa: S314 (our own file)
        for message in context.iter("message"):
            french = message.find("translation")
            if french is not None and french.get("type") is None and french.text:
                key = context.findtext("name") or "", message.findtext("source") or ""
                found[key] = french.text
    return found


def write_catalogue(french: French) -> None:
    """Write the .ts file, sorted, and compile it."""
    root = ET.Element("TS", version="2.1", language="fr")
    for name in sorted({context for context, _ in french}):
        context = ET.SubElement(root, "context")
        ET.SubElement(context, "name").text = name
        for text in sorted(text for where, text in french if where == name):
            message = ET.SubElement(context, "message")
            ET.SubElement(message, "source").text = text
            ET.SubElement(message, "translation").text = french[name, text]
    ET.indent(root, "    ")
    body = ET.tostring(root, encoding="unicode")
    head = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
    CATALOGUE.write_text(f"{head}{body}\n", encoding="utf-8")
    compiler = shutil.which("lrelease") or shutil.which("lrelease-qt5")
    if compiler is None:
        raise SystemExit("lrelease is missing: the .qm file was not written.")
    target = CATALOGUE.with_suffix(".qm")
    subprocess.run([compiler, "-silent", str(CATALOGUE), "-qm", str(target)], check=True)


def main() -> int:
    """List or update; returns 1 while a text has no French."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--add", type=Path, help="JSON object of English and French texts")
    arguments = parser.parse_args()
    known = read_catalogue()
    by_text = {text: french for (_, text), french in known.items()}
    if arguments.add:
        by_text |= json.loads(arguments.add.read_text(encoding="utf-8"))
    wanted = texts_of_sources()
    found = {key: known.get(key, by_text.get(key[1], "")) for key in wanted}
    if arguments.add:
        write_catalogue({key: french for key, french in found.items() if french})
    missing = sorted(key for key, french in found.items() if not french)
    print(json.dumps(missing, ensure_ascii=False, indent=1))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
