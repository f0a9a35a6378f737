#!/usr/bin/env bash
# Sets up everything that `make test` and `make demo` need on Debian or Ubuntu: QGIS and its Python
# from the system's packages, and a virtual environment in .venv that sees them. Running it again is
# cheap: each step is skipped when its outcome is already there.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/mirror.sh

QGIS_NEEDED=3.34
# xvfb and fonts: a real window on a machine without a display.
SYSTEM_PACKAGES=(qgis python3-qgis python3-venv python3-gdal python3-numpy python3-shapely xvfb xauth fonts-open-sans)

# Debian 12 brings a QGIS that is too old; its backports suite has a newer one.
add_backports() {
  local codename=$1 address
  address=$(mirror_of "$codename")
  echo "deb $address $codename-backports main" |
    as_root tee /etc/apt/sources.list.d/segshap-backports.list >/dev/null
}

qgis_is_recent() {
  /usr/bin/python3 - "$QGIS_NEEDED" <<'PY' 2>/dev/null
import sys
from qgis.core import Qgis
needed = tuple(int(part) for part in sys.argv[1].split("."))
sys.exit((Qgis.versionInt() // 10000, Qgis.versionInt() // 100 % 100) < needed)
PY
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@"; }
apt_install() { apt update && apt install -y --no-install-recommends "$@"; }

install_system_packages() {
  local package missing=() suite=()
  for package in "${SYSTEM_PACKAGES[@]}"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ] && qgis_is_recent; then return; fi
  . /etc/os-release
  if [ "${ID:-}${VERSION_ID:-}" = debian12 ]; then
    add_backports "$VERSION_CODENAME"
    suite=(-t "$VERSION_CODENAME-backports")
  fi
  apt_install "${suite[@]}" "${SYSTEM_PACKAGES[@]}"
  if ! qgis_is_recent; then
    echo "setup: QGIS $QGIS_NEEDED or newer is needed and this system does not offer it." >&2
    exit 1
  fi
}

# Tests read reports back with these where they are there, and say so where not.
install_readers() {
  if dpkg -s poppler-utils >/dev/null 2>&1; then return; fi
  apt_install poppler-utils ||
    echo "setup: poppler-utils could not be installed; the tests of reports are skipped." >&2
}

# The system's Python, because QGIS is built for it; its packages stay visible, so that the numpy and
# GDAL that QGIS was compiled against are the ones in use.
install_environment() {
  local stamp=.venv/.requirements numpy_of_qgis wanted
  numpy_of_qgis=$(/usr/bin/python3 -c 'import numpy; print(numpy.__version__)')
  wanted=$(cat requirements.txt; echo "numpy==$numpy_of_qgis")
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  [ -x .venv/bin/python ] || /usr/bin/python3 -m venv --system-site-packages .venv
  .venv/bin/python -m pip install -q --disable-pip-version-check -r requirements.txt \
    "numpy==$numpy_of_qgis"
  echo "$wanted" >"$stamp"
}

install_system_packages
install_readers
install_environment
