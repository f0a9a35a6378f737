"""Mutation test of `explain/` and `geo/`: which small faults do their tests find.

    python tools/mutation.py [--mutants 150] [--seed 0] [--json FILE] [--only explain/shapley.py]
    python tools/mutation.py --folder build/mutation --minutes 8     again and again, until it ends

A mutant is the code with one small fault: a comparison, an operator, a number or a condition
changed, a returned value or a call left out. A sample of all mutants is drawn, and each is tried on
the tests that reach its line, the quickest first, until one fails. What no test notices is listed.

Mutants live in a copy of the code, which `--folder` keeps together with what was found so far: the
same command then goes on where it was, with the code and the tests as they were at its start. Tests
slower than `SLOW` seconds are left out. Every trial is a process forked from one that has the
libraries loaded (so: not on Windows); if it takes three times as long as its tests took while their
lines were followed, the mutant counts as found. All times are the processor's, so that a busy
machine finds neither more nor fewer of them.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("explain", "geo")
SLOW = 15.0
# A trial that waits without computing is ended after so many times what it may compute.
WAITING = 20
# Address space of a trial: a fault in a size must not take the machine's memory.
MOST_MEMORY = 16 * 1024**3
ARGUMENTS = (
    "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:pytest_qgis", "-o", "timeout=0",
)  # fmt: skip

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Mod: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


class Mutant(NamedTuple):
    """One fault: where, and what stands there instead."""

    file: str
    line: int
    before: str
    after: str
    source: str


# Faults ---------------------------------------------------------------------------------------


def mutants_of(path: Path, root: Path) -> Iterator[Mutant]:
    """All mutants of a file, whose name is told from a root."""
    source = path.read_bytes()
    file = path.relative_to(root).as_posix()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in _code_nodes(ast.parse(source)):
        for changed, after in _changes(node):
            begin = starts[changed.lineno - 1] + changed.col_offset
            end = starts[changed.end_lineno - 1] + changed.end_col_offset
            mutated = source[:begin] + after.encode() + source[end:]
            yield Mutant(file, changed.lineno, source[begin:end].decode(), after, mutated.decode())


def _code_nodes(node: ast.AST) -> Iterator[Any]:
    """Nodes that do something: no annotations, decorators, docstrings or messages of errors."""
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_comment"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, (ast.Raise, ast.JoinedStr)):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if hasattr(child, "lineno"):
                yield child
            yield from _code_nodes(child)


def _changes(node: Any) -> Iterator[tuple[Any, str]]:
    """Nodes, and what may stand in their place."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        ops = [COMPARISONS[type(node.ops[0])](), *node.ops[1:]]
        yield node, _text(ast.Compare(node.left, ops, node.comparators))
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield node, _text(ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right))
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, _text(ast.BoolOp(other, node.values))
    elif isinstance(node, ast.UnaryOp):
        yield node, _text(node.operand)
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        # Comparisons and the like have a change of their own.
        if isinstance(node.test, (ast.Name, ast.Attribute, ast.Call)):
            yield node.test, _text(ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Constant):
        yield from ((node, text) for text in _other_constants(node.value))
    else:
        yield from ((node, text) for text in _other_statements(node))


def _other_constants(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield str(not value)
    elif isinstance(value, int):
        yield str(value + 1)
    elif isinstance(value, float):
        yield repr(2 * value if value else 1.0)


def _other_statements(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            yield "return None"
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "pass"
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        yield ast.unparse(ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value))
    elif isinstance(node, ast.Break):
        yield "continue"
    elif isinstance(node, ast.Continue):
        yield "break"


def _text(expression: ast.expr) -> str:
    return f"({ast.unparse(expression)})"


# Tests ----------------------------------------------------------------------------------------


class Recorder:
    """A plugin of pytest that keeps, for every test, its time and the lines that it reaches."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.lines: set[str] = set()
        self.tests: dict[str, dict[str, Any]] = {}

    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> Any:  # noqa: ARG002
        """Trace one test."""
        self.lines = set()
        self.tests[item.nodeid] = {"seconds": time.process_time(), "passed": True}
        sys.settrace(self._trace)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what became of it."""
        if report.outcome != "passed":
            self.tests[report.nodeid]["passed"] = False

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Keep where it was."""
        sys.settrace(None)
        test = self.tests[nodeid]
        test["seconds"] = time.process_time() - test["seconds"]
        test["lines"] = sorted(self.lines)

    def _trace(self, frame: Any, event: str, _argument: Any) -> Any:
        file = frame.f_code.co_filename
        if not file.startswith(self.code):
            return None
        if event == "call":
            self.lines.add(f"{file[len(self.code) :]}:0")
        self.lines.add(f"{file[len(self.code) :]}:{frame.f_lineno}")
        return self._trace


def _baseline(copy: Path) -> dict[str, Any]:
    """What every test reaches, from a run of all of them on the unchanged code."""
    kept = copy / "reached.json"

    def run() -> int:
        import pytest

        recorder = Recorder(f"{copy}/")
        tests = [f"tests/{package}" for package in PACKAGES]
        code = pytest.main([*ARGUMENTS, "--hypothesis-seed=0", *tests], plugins=[recorder])
        kept.write_text(json.dumps(recorder.tests), encoding="utf-8")
        return int(code)

    _forked(copy, run, 3600.0)
    return dict(json.loads(kept.read_text(encoding="utf-8")))


def _statement_lines(path: Path) -> dict[int, tuple[int, int, bool]]:
    """For every line: first and last line of its innermost statement; whether in a function."""
    found: dict[int, tuple[int, int, bool]] = {}

    def visit(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                last = child.end_lineno or child.lineno
                for line in range(child.lineno, last + 1):
                    found[line] = (child.lineno, last, inside)
            visit(child, inside or isinstance(child, ast.FunctionDef))

    visit(ast.parse(path.read_text(encoding="utf-8")), False)
    return found


def _tests_for(copy: Path, mutant: Mutant, reached: dict[str, Any]) -> list[str]:
    """Tests that reach a mutant's statement, or its file where it runs on import; quick first."""
    first, last, inside = _statement_lines(copy / mutant.file)[mutant.line]
    places = {f"{mutant.file}:{line}" for line in (range(first, last + 1) if inside else [0])}
    chosen = [
        (facts["seconds"], name)
        for name, facts in reached.items()
        if facts["passed"] and facts["seconds"] < SLOW and places & set(facts["lines"])
    ]
    return [name for _, name in sorted(chosen)]


# Trials ---------------------------------------------------------------------------------------


def _try(copy: Path, mutant: Mutant, reached: dict[str, Any]) -> str:
    """What became of a mutant: found, timed out, survived or not reached."""
    names = _tests_for(copy, mutant, reached)
    if not names:
        return "not reached"
    original = (copy / mutant.file).read_text(encoding="utf-8")
    (copy / mutant.file).write_text(mutant.source, encoding="utf-8")

    def run() -> int:
        import pytest

        return int(pytest.main([*ARGUMENTS, "--hypothesis-seed=0", "-x", *names]))

    try:
        code = _forked(copy, run, 30.0 + 3 * sum(reached[name]["seconds"] for name in names))
    finally:
        (copy / mutant.file).write_text(original, encoding="utf-8")
    return "timed out" if code is None else "survived" if code == 0 else "found"


def _forked(copy: Path, run: Any, seconds: float) -> int | None:
    """Exit status of a function in a process of its own in the copy; None: it took too long.

    The seconds are those of the processor.
    """
    child = os.fork()
    if child == 0:
        os.setsid()
        os.chdir(copy)
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 5))
        sys.dont_write_bytecode = True  # bytecode of one mutant would be taken for the next
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.path[:] = [str(copy), *(entry for entry in sys.path if entry != str(ROOT))]
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            os._exit(run())
        finally:
            os._exit(99)
    end = time.monotonic() + WAITING * seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return None if code in {-signal.SIGXCPU, -signal.SIGKILL} else code
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _load_libraries() -> None:
    """What the tests import, so that a forked process has it at once."""
    import importlib.util

    for name in ("pytest", "hypothesis", "numpy", "scipy.stats", "osgeo.gdal", "osgeo.ogr",
                 "shapely.geometry", "shapely.ops", "torch", "shap", "captum.attr"):  # fmt: skip
        if importlib.util.find_spec(name.split(".")[0]):
            importlib.import_module(name)


class Sample:
    """What was drawn, in a folder with a copy of the code, and what became of it so far.

    Parameters
    ----------
    folder : Path
        Empty, or left by an earlier sample of the same size and seed, which goes on.
    options : argparse.Namespace
        Of the command line.
    """

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._reached_file, self._outcomes_file = folder / "reached.json", folder / "outcomes.json"
        self.copy = folder / "copy"
        if not self._reached_file.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.copy, ignore_errors=True)
            _copy_code(self.copy)
            self._reached_file.write_text(json.dumps(_baseline(self.copy)), encoding="utf-8")
            self._outcomes_file.write_text("[]", encoding="utf-8")
        self.reached = json.loads(self._reached_file.read_text(encoding="utf-8"))
        self.outcomes = json.loads(self._outcomes_file.read_text(encoding="utf-8"))
        packages = [self.copy / "segshap_qgis" / name for name in PACKAGES]
        files = [path for package in packages for path in sorted(package.glob("*.py"))]
        self.every = [
            mutant
            for path in files
            if options.only in str(path.relative_to(self.copy))
            for mutant in mutants_of(path, self.copy)
        ]
        number = min(options.mutants, len(self.every))
        self.drawn = random.Random(options.seed).sample(self.every, number)  # noqa: S311

    def try_all(self, seconds: float) -> None:
        """Try what was not tried yet; no trial begins after these seconds.

        Raises
        ------
        RuntimeError
            The tests do not pass without a mutant any more, as when a library is gone meanwhile:
            what was found this time says nothing, and is not kept.
        """
        end = time.monotonic() + seconds
        known = len(self.outcomes)
        for mutant in self.drawn[known:]:
            outcome = _try(self.copy, mutant, self.reached)
            told = {**mutant._asdict(), "outcome": outcome}
            del told["source"]
            self.outcomes.append(told)
            if outcome in {"survived", "not reached"}:
                where = f"{len(self.outcomes)} {mutant.file}:{mutant.line}"
                print(f"{where} {outcome}: {mutant.before} -> {mutant.after}", flush=True)
            if time.monotonic() > end:
                break
        if len(self.outcomes) > known:
            unchanged = mutant._replace(source=(self.copy / mutant.file).read_text("utf-8"))
            if _try(self.copy, unchanged, self.reached) == "found":
                raise RuntimeError(f"Tests of {mutant.file} fail on the unchanged code.")
        kept = json.dumps(self.outcomes, indent=1, ensure_ascii=False)
        self._outcomes_file.write_text(kept, encoding="utf-8")


def _copy_code(copy: Path) -> None:
    for name in ("segshap_qgis", "tests", "tools", "benchmarks"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "__init__.py", "metadata.txt"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "resources").symlink_to(ROOT / "resources")


def main() -> int:
    """Draw, try, report."""
    parser = argparse.ArgumentParser(description="Mutation test of explain/ and geo/.")
    parser.add_argument("--mutants", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="a part of the files' names")
    parser.add_argument("--folder", type=Path, help="keep the sample here, and go on with it")
    parser.add_argument("--minutes", type=float, default=math.inf, help="then no trial begins")
    parser.add_argument("--json", type=Path, help="write what became of every mutant")
    options = parser.parse_args()
    _load_libraries()
    with tempfile.TemporaryDirectory(prefix="segshap-mutation-") as own:
        sample = Sample((options.folder or Path(own)).resolve(), options)
        passed = sum(facts["passed"] for facts in sample.reached.values())
        print(f"{len(sample.every)} mutants, {len(sample.drawn)} drawn; {passed} tests pass")
        sample.try_all(60 * options.minutes)
    found = sum(facts["outcome"] in {"found", "timed out"} for facts in sample.outcomes)
    tried = len(sample.outcomes)
    print(f"{found} of {tried} mutants were found: {found / max(1, tried):.1%}")
    if options.json:
        told = json.dumps(sample.outcomes, indent=1, ensure_ascii=False)
        options.json.write_text(told, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
