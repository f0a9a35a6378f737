"""The arrows between the parts point one way, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "segshap_qgis"

# Part (module or folder under segshap_qgis) -> the parts that it may know.
_CORE = {"geo", "models", "explain", "errors", "late"}
_SHELL = _CORE | {
    "workflow",
    "repetition",
    "checks",
    "provider_window",
    "cell_layers",
    "tasks",
    "job",
    "layers",
    "dependencies",
    "model_library",
    "icons",
    "installation",
    "scene",
    "cluster_options",
    "at_work",
    "colours",
    "garbage",
}
MAY_KNOW = {
    "at_work": set(),
    "garbage": set(),
    "errors": set(),
    "late": set(),
    "icons": set(),
    "colours": set(),
    "interpreter": set(),
    "installation": {"dependencies", "errors", "interpreter"},
    "explain": {"errors"},
    "models": {"explain", "errors", "garbage", "interpreter", "late"},
    "geo": {"explain", "errors", "late"},
    "dependencies": {"errors", "interpreter", "models"},
    "layers": _CORE | {"colours"},
    "figures": _CORE | {"colours"},
    "model_library": _CORE,
    "workflow": _CORE,
    "scene": _CORE | {"workflow"},
    "repetition": _CORE | {"workflow"},
    "checks": _CORE | {"workflow"},
    "cluster_options": {"errors", "scene"},
    "provider_window": {"geo", "errors"},
    "cell_layers": _CORE | {"workflow", "provider_window"},
    "tasks": _CORE | {"workflow", "dependencies", "at_work", "garbage"},
    "job": _CORE | {"workflow", "provider_window", "cell_layers", "tasks", "model_library"},
    "processing": _SHELL,
    "gui": _SHELL,
    "plugin": _SHELL | {"gui", "processing"},
}
# Part -> top-level packages that must not appear in it, not even inside a function.
QT_AND_QGIS = {"qgis", "PyQt5", "PyQt6", "PySide2", "PySide6"}
FOREIGN = {
    "explain": QT_AND_QGIS | {"torch", "osgeo", "shapely", "onnxruntime"},
    "models": QT_AND_QGIS | {"osgeo", "shapely"},
    "geo": QT_AND_QGIS | {"torch", "onnxruntime"},
    "scene": QT_AND_QGIS | {"torch", "onnxruntime"},
}
HEAVY = {"torch", "onnxruntime", "skimage", "scipy", "matplotlib", "dask", "distributed"}


class Import(NamedTuple):
    """One import statement: who imports what, where."""

    importer: tuple[str, ...]  # module path inside the package, e.g. ("gui", "dock")
    target: tuple[str, ...]  # what is imported; starts with "segshap_qgis" for our own
    relative: bool
    at_module_level: bool
    line: int

    def __str__(self) -> str:
        return f"{'/'.join(self.importer)}.py:{self.line} imports {'.'.join(self.target)}"


def imports_of(path: Path, package: Path = PACKAGE) -> list[Import]:
    """All import statements of a file, relative ones resolved."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    importer = path.relative_to(package).with_suffix("").parts
    # A package's __init__ is one level deeper than its name.
    folder = ("segshap_qgis", *importer[:-1])
    module_level = {id(node) for node in _run_on_import(tree)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(tuple(alias.name.split(".")), False) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(target, node.level > 0) for target in _from_targets(node, folder)]
        else:
            continue
        at_module_level = id(node) in module_level
        found += [Import(importer, t, r, at_module_level, node.lineno) for t, r in names]
    return found


def _from_targets(node: ast.ImportFrom, folder: tuple[str, ...]) -> list[tuple[str, ...]]:
    base = folder[: len(folder) - node.level + 1] if node.level else ()
    module = (*base, *(node.module.split(".") if node.module else ()))
    return [(*module, alias.name) for alias in node.names]


def _run_on_import(tree: ast.Module) -> list[ast.AST]:
    """Nodes that run when the module is imported: no functions, no TYPE_CHECKING blocks."""
    found, waiting = [], list(tree.body)
    while waiting:
        node = waiting.pop()
        found.append(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
    return found


ALL_IMPORTS = [found for path in sorted(PACKAGE.rglob("*.py")) for found in imports_of(path)]


def arrows_turned_round(imports: list[Import]) -> list[str]:
    """Imports of our own parts that the architecture does not allow."""
    wrong = []
    for found in imports:
        part = found.importer[0]
        if found.target[0] != "segshap_qgis" or part == "__init__":
            continue
        known = found.target[1] if len(found.target) > 1 else ""
        if known not in MAY_KNOW[part] | {part, "__version__"}:
            wrong.append(str(found))
    return wrong


def test_arrows_between_the_parts_point_one_way():
    assert ALL_IMPORTS
    assert arrows_turned_round(ALL_IMPORTS) == []


def test_every_part_has_its_place_in_the_architecture():
    parts = {p.stem if p.is_file() else p.name for p in PACKAGE.iterdir()} - {"__pycache__"}
    assert parts - {"__init__"} <= set(MAY_KNOW)


def test_every_part_is_described():
    described = set(re.findall(r"`(\w+)/?`", (ROOT / "docs/architecture.md").read_text("utf-8")))
    assert set(MAY_KNOW) <= described


@pytest.mark.parametrize(
    ("part", "statement"),
    [
        ("explain", "from ..models import load_model"),
        ("explain", "from segshap_qgis.geo import read_window"),
        ("models", "from ..gui.dock import Dock"),
        ("geo", "from .. import tasks"),
        ("errors", "from .explain import Game"),
    ],
)
def test_an_arrow_turned_round_is_found(tmp_path, part, statement):
    file = tmp_path / (f"{part}.py" if part == "errors" else f"{part}/somewhere.py")
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"def late():\n    {statement}\n")
    assert arrows_turned_round(imports_of(file, tmp_path))


def test_the_method_is_numpy_only_and_foreign_packages_stay_out():
    wrong = [
        str(found) for found in ALL_IMPORTS if found.target[0] in FOREIGN.get(found.importer[0], ())
    ]
    assert wrong == []
    at_import = {
        found.target[0]
        for found in ALL_IMPORTS
        if found.importer[0] == "explain" and found.at_module_level
    }
    assert at_import - set(sys.stdlib_module_names) <= {"numpy", "segshap_qgis"}


def test_torch_lives_in_models_only():
    wrong = [
        str(found)
        for found in ALL_IMPORTS
        if found.target[0] == "torch" and found.importer[0] not in {"models", "dependencies"}
    ]
    assert wrong == []


def test_nothing_heavy_is_imported_at_module_level_outside_models():
    wrong = [
        str(found)
        for found in ALL_IMPORTS
        if found.at_module_level and found.target[0] in HEAVY and found.importer[0] != "models"
    ]
    assert wrong == []


def test_imports_inside_the_plugin_are_relative():
    wrong = [
        str(found)
        for found in ALL_IMPORTS
        if found.target[0] == "segshap_qgis" and not found.relative
    ]
    assert wrong == []


def modules_loaded_by(statement: str) -> set[str]:
    """Top-level packages in `sys.modules` after a statement in a fresh interpreter."""
    code = (
        f"import sys\n{statement}\nprint(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_the_method_imports_neither_torch_nor_qgis():
    loaded = modules_loaded_by("import segshap_qgis.explain")
    assert "numpy" in loaded
    assert loaded.isdisjoint(QT_AND_QGIS | HEAVY | {"osgeo", "shapely"})


def test_naming_the_models_package_does_not_import_torch():
    assert modules_loaded_by("import segshap_qgis.models").isdisjoint(QT_AND_QGIS | {"torch"})


def test_geography_imports_neither_torch_nor_qt():
    assert modules_loaded_by("import segshap_qgis.geo").isdisjoint(QT_AND_QGIS | {"torch"})


def test_the_whole_plugin_is_imported_without_torch():
    shell = [p for p in sorted(PACKAGE.rglob("*.py")) if "models" not in p.parts]
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in shell]
    loaded = modules_loaded_by("import " + ", ".join(n.removesuffix(".__init__") for n in names))
    assert "segshap_qgis" in loaded
    assert loaded.isdisjoint({"torch", "onnxruntime", "skimage"})


def seconds_of_import(statement: str) -> float:
    """Seconds that a statement takes in a fresh interpreter, its start not counted."""
    code = f"import time; t = time.perf_counter()\n{statement}\nprint(time.perf_counter() - t)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(run.stdout)


def test_importing_the_package_costs_under_50_ms():
    # The best of several runs: other programs can only make an import slower, never faster.
    seconds_of_import("import segshap_qgis")
    times = [seconds_of_import("import segshap_qgis") for _ in range(7)]
    assert min(times) < 0.05, f"median {statistics.median(times):.3f} s"
