"""Builds the plugin's zip as the plugin site and QGIS's "Install from ZIP" want it, and checks it.

    python tools/package.py [FILE]     default: build/segshap-VERSION.zip

Only files under version control go in, and of those only what the plugin runs on. The same files
give the same bytes. What the plugin site scans for is scanned for here: security (Bandit), secrets
(detect-secrets) and habits of QGIS (flake8-qgis).
"""

from __future__ import annotations

import configparser
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Name of the plugin's folder in the profile, and of its provider.
FOLDER = "segshap"
PARTS = (
    "__init__.py",
    "metadata.txt",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "segshap_qgis",
    "resources",
    "i18n",
    "help",
)
LARGEST = 25 * 1000 * 1000
# What the site asks for in metadata.txt.
KEYS = (
    "name", "qgisMinimumVersion", "description", "about", "version", "author", "email",
    "repository", "tracker", "homepage",
)  # fmt: skip
FORBIDDEN = {".pyc", ".so", ".dll", ".dylib", ".exe", ".pkl", ".pickle"}
# Of flake8-qgis: QGS2 guesses by the names of methods and says itself that it is experimental;
# QGS105 wants a global interface, where ours is handed over so that tests can hand another; QGS402
# does not see that the old names are for the old QGIS.
HABITS = ["--select=QGS", "--extend-ignore=QGS2,QGS105,QGS402"]
# A checksum looks as random as a key.
SECRETS = ["--all-files", "--exclude-files", r"\.(pt|tif|png|qm)$", "--exclude-lines", '"sha256"']
# The first moment that a zip knows.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def metadata() -> dict[str, str]:
    """The general section of metadata.txt."""
    parser = configparser.ConfigParser(interpolation=None)
    # Keep the names as they are written.
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    return dict(parser["general"])


def files() -> list[Path]:
    """What goes in, relative to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *PARTS], cwd=ROOT, capture_output=True, check=True
    )
    names = listed.stdout.decode().split("\0")
    return sorted(Path(name) for name in names if name and (ROOT / name).is_file())


def build(target: Path) -> Path:
    """Write the zip."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for path in files():
            entry = zipfile.ZipInfo(f"{FOLDER}/{path.as_posix()}", LONG_AGO)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (ROOT / path).read_bytes(), compresslevel=9)
    return target


def complaints(package: Path) -> list[str]:
    """What the plugin site would refuse."""
    found = []
    if package.stat().st_size > LARGEST:
        found.append(f"{package.stat().st_size / 1e6:.1f} MB are more than {LARGEST / 1e6:.0f} MB")
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        if archive.testzip():
            found.append("it is damaged")
    for name in names:
        path = Path(name)
        if path.parts[0] != FOLDER:
            found.append(f"{name} is not in {FOLDER}/")
        if path.suffix in FORBIDDEN or "__pycache__" in path.parts:
            found.append(f"{name} must not be in it")
        if any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
            found.append(f"{name} is hidden")
    needed = {f"{FOLDER}/{name}" for name in ("__init__.py", "metadata.txt", "LICENSE")}
    found += [f"{name} is missing" for name in sorted(needed - set(names))]
    general = metadata()
    found += [f"metadata.txt lacks {key}" for key in KEYS if not general.get(key)]
    return found


def findings(package: Path) -> list[str]:
    """What scanners find in the package.

    Raises
    ------
    RuntimeError
        A scanner did not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        security = json.loads(_scanner(folder, "bandit", "-q", "-r", FOLDER, "-f", "json"))
        secrets = json.loads(_scanner(folder, "detect_secrets", "scan", *SECRETS, FOLDER))
        habits = _scanner(folder, "flake8", "--isolated", *HABITS, FOLDER)
    found = [
        f"{issue['filename']}:{issue['line_number']}: {issue['issue_text']}"
        for issue in security["results"]
    ]
    found += [f"{error['filename']}: {error['reason']}" for error in security["errors"]]
    found += [
        f"{name}:{secret['line_number']}: {secret['type']}"
        for name, secrets_of_file in secrets["results"].items()
        for secret in secrets_of_file
    ]
    return found + habits.splitlines()


def _scanner(folder: str, module: str, *arguments: str) -> str:
    """What a scanner says about the files in a folder; 1 is its status where it found something."""
    command = [sys.executable, "-m", module, *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode not in {0, 1} or "Traceback" in run.stderr or "No module" in run.stderr:
        raise RuntimeError(f"{module}: {run.stderr}")
    return run.stdout


def main() -> int:
    """Build, check, and say what came out."""
    default = ROOT / "build" / f"{FOLDER}-{metadata()['version']}.zip"
    package = build(Path(sys.argv[1]) if len(sys.argv) > 1 else default)
    found = complaints(package) + findings(package)
    for complaint in found:
        print(f"{package.name}: {complaint}", file=sys.stderr)
    with zipfile.ZipFile(package) as archive:
        count = len(archive.namelist())
    print(f"{package}: {count} files, {package.stat().st_size / 1e6:.2f} MB")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
