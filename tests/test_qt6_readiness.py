"""The same code runs on Qt 5 and Qt 6: scoped enums, no names that Qt 6 dropped."""

from __future__ import annotations

import ast
import enum
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*(ROOT / "segshap_qgis").rglob("*.py"), *ROOT.glob("*.py")])
DROPPED_NAMES = {"QRegExp", "QDesktopWidget", "QTextCodec", "QStringRef", "QMatrix"}
DROPPED_CALLS = {"exec_", "print_"}
BINDINGS = {"PyQt5", "PyQt6", "PySide2", "PySide6", "sip"}


def complaints(source: str) -> list[str]:
    """What would break on Qt 6 in a module's source, with line numbers."""
    tree = ast.parse(source)
    names = dict(_qt_names(tree))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found += [(node.lineno, text) for text in _import_complaints(node)]
        elif isinstance(node, ast.Attribute):
            found += [(node.lineno, text) for text in _attribute_complaints(node, names)]
    return [f"line {line}: {text}" for line, text in sorted(found)]


def _qt_names(tree: ast.Module) -> list[tuple[str, Any]]:
    """Names bound by `from qgis... import ...`, with what they stand for here."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qgis"):
            home = import_module(node.module)
            found += [(a.asname or a.name, getattr(home, a.name, None)) for a in node.names]
    return found


def _import_complaints(node: ast.Import | ast.ImportFrom) -> list[str]:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    wrong = [f"imports {m}, not qgis.PyQt" for m in modules if m.split(".")[0] in BINDINGS]
    dropped = {alias.name for alias in node.names} & DROPPED_NAMES
    return wrong + [f"{name} is gone in Qt 6" for name in sorted(dropped)]


def _attribute_complaints(node: ast.Attribute, names: dict[str, Any]) -> list[str]:
    if node.attr in DROPPED_CALLS:
        return [f"{node.attr} is gone in Qt 6"]
    owner = _resolve(node.value, names)
    if not isinstance(owner, type) or _is_enum_class(owner):
        return []
    value = getattr(owner, node.attr, None)
    if value is None or not _is_enum_class(type(value)):
        return []
    return [f"{ast.unparse(node)} lacks its scope {type(value).__name__}"]


def _resolve(node: ast.AST, names: dict[str, Any]) -> Any:
    """The object that a chain like `Qt.MouseButton` stands for, None when it is not known."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_resolve(node.value, names), node.attr, None)
    return None


def _is_enum_class(kind: type) -> bool:
    """Whether it is a Python enum, or one of the integer classes that PyQt5 makes of Qt's enums."""
    return issubclass(kind, enum.Enum) or (
        issubclass(kind, int) and kind.__module__.startswith(("PyQt", "qgis"))
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_source_is_ready_for_qt_6(path):
    assert complaints(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("from qgis.PyQt.QtCore import Qt\nx = Qt.LeftButton", "lacks its scope MouseButton"),
        ("from qgis.PyQt.QtCore import Qt\nx = Qt.Key_Escape", "lacks its scope Key"),
        ("from qgis.core import Qgis\nx = Qgis.Warning", "lacks its scope MessageLevel"),
        ("from qgis.PyQt.QtWidgets import QMessageBox as B\nB.Yes", "lacks its scope"),
        ("dialog.exec_()", "exec_ is gone"),
        ("from PyQt5.QtCore import Qt", "not qgis.PyQt"),
        ("import PyQt5.QtCore", "not qgis.PyQt"),
        ("from qgis.PyQt.QtCore import QRegExp", "QRegExp is gone"),
    ],
)
def test_what_breaks_on_qt_6_is_found(source, complaint):
    assert complaint in "".join(complaints(source))


@pytest.mark.parametrize(
    "source",
    [
        "from qgis.PyQt.QtCore import Qt\nx = Qt.MouseButton.LeftButton",
        "from qgis.core import Qgis\nx = Qgis.MessageLevel.Warning",
        "from qgis.PyQt.QtWidgets import QMessageBox\nQMessageBox.StandardButton.Yes",
        "dialog.exec()",
    ],
)
def test_what_runs_on_both_is_left_alone(source):
    assert complaints(source) == []
