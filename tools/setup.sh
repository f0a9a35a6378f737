#!/usr/bin/env bash
# Sets up everything that `make test` and `make demo` need on Debian or Ubuntu: QGIS and its Python
# from the system's packages, and a virtual environment in .venv that sees them. Running it again is
# cheap: each step is skipped when its outcome is already there.
set -euo pipefail
cd "$(dirname "$0")/.."

QGIS_NEEDED=3.34
# xvfb and fonts: a real window on a machine without a display.
SYSTEM_PACKAGES=(qgis python3-qgis python3-venv python3-gdal python3-numpy xvfb xauth fonts-open-sans)

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# The suite "<codename>-backports", written as this machine's own apt entry for "<codename>" with only
# the suite changed, so that a mirror or a proxy configured there keeps being used.
add_backports() {
  local codename=$1 target=/etc/apt/sources.list.d/segshap-backports.list entry
  entry=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" 2>/dev/null | sort -u | head -n 1)
  if [ -z "$entry" ]; then
    entry=$(awk -v suite="$codename" '
      /^deb / { for (i = 2; i <= NF; i++) if ($i == suite) { print $(i - 1); exit } }
      /^URIs:/ { uri = $2 }
      /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite) { print uri; exit } }
    ' /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
  fi
  [ -n "$entry" ] || { echo "setup: no apt entry for '$codename' to derive the backports suite from." >&2; exit 1; }
  echo "deb $entry $codename-backports main" | as_root tee "$target" >/dev/null
}

qgis_is_recent() {
  /usr/bin/python3 - "$QGIS_NEEDED" <<'PY' 2>/dev/null
import sys
from qgis.core import Qgis
needed = tuple(int(part) for part in sys.argv[1].split("."))
sys.exit((Qgis.versionInt() // 10000, Qgis.versionInt() // 100 % 100) < needed)
PY
}

install_system_packages() {
  local missing=()
  for package in "${SYSTEM_PACKAGES[@]}"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ] && qgis_is_recent; then return; fi
  . /etc/os-release
  local target=()
  if [ "${ID:-}${VERSION_ID:-}" = debian12 ]; then
    add_backports "$VERSION_CODENAME"
    target=(-t "$VERSION_CODENAME-backports")
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${target[@]}" "${SYSTEM_PACKAGES[@]}"
  qgis_is_recent || { echo "setup: QGIS $QGIS_NEEDED or newer is needed and this system does not offer it." >&2; exit 1; }
}

# The system's Python, because QGIS is built for it; its packages stay visible, so that the numpy and
# GDAL that QGIS was compiled against are the ones in use.
install_environment() {
  local stamp=.venv/.requirements
  if [ -f "$stamp" ] && cmp -s requirements.txt "$stamp"; then return; fi
  [ -x .venv/bin/python ] || /usr/bin/python3 -m venv --system-site-packages .venv
  local numpy_of_qgis
  numpy_of_qgis=$(/usr/bin/python3 -c 'import numpy; print(numpy.__version__)')
  .venv/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt "numpy==$numpy_of_qgis"
  cp requirements.txt "$stamp"
}

install_system_packages
install_environment
