#!/usr/bin/env bash
# Runs the tests on the QGIS, Python, numpy and torch of Debian's unstable release as well: whatever
# users will have next. They live in a folder of their own, build/matrix/sid, and nothing of this
# machine is changed. Needs root (chroot) and about 6 GB; arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/mirror.sh

ROOT=$PWD/build/matrix/sid
PACKAGES=(
  qgis python3-qgis python3-gdal python3-numpy python3-torch python3-scipy python3-shapely
  python3-skimage python3-matplotlib python3-pytest python3-pytest-timeout python3-hypothesis
  python3-onnx python3-onnxruntime python3-distributed python3-cryptography
  python3-venv python3-pip python3-tqdm fonts-open-sans e2fsprogs poppler-utils
  xvfb xauth
)

in_root() {
  # A mount namespace of its own: whatever happens, nothing stays mounted below build/.
  as_root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb unshare --mount --fork \
    bash -euc '
      root=$1; shift
      mount -t proc proc "$root/proc"
      mount --rbind /dev "$root/dev"
      exec chroot "$root" env HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
    ' in_root "$ROOT" "$@"
}

make_root() {
  [ "$(cat "$ROOT/.made" 2>/dev/null)" = "${PACKAGES[*]}" ] && return
  local codename mirror
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(mirror_of "$codename")
  command -v debootstrap >/dev/null || as_root apt-get install -q -y --no-install-recommends debootstrap
  mkdir -p "$(dirname "$ROOT")"
  as_root rm -rf --one-file-system "$ROOT"
  as_root debootstrap --variant=minbase sid "$ROOT" "$mirror"
  # How this machine reaches its mirror (proxy, certificates) holds inside too.
  apt-config dump | grep '^Acquire::' | as_root tee "$ROOT/etc/apt/apt.conf.d/99host" >/dev/null
  in_root apt-get update -q
  in_root apt-get install -q -y --no-install-recommends "${PACKAGES[@]}"
  in_root apt-get clean
  echo "${PACKAGES[*]}" | as_root tee "$ROOT/.made" >/dev/null
}

# Pure Python, and not packaged there.
add_pytest_qgis() {
  as_root rm -rf "$ROOT/opt/extra"
  as_root .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-compile \
    --target "$ROOT/opt/extra" pytest-qgis
}

copy_sources() {
  as_root rm -rf "$ROOT/opt/segshap"
  as_root mkdir -p "$ROOT/opt/segshap"
  git ls-files --cached --others --exclude-standard -z |
    tar --create --null --files-from=- --ignore-failed-read 2>/dev/null |
    as_root tar --extract --no-same-owner --directory "$ROOT/opt/segshap"
}

say_versions() {
  in_root env QT_QPA_PLATFORM=offscreen python3 -c '
import platform, numpy, shapely, torch
from osgeo import gdal
from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR
print(f"QGIS {Qgis.version()}, Qt {QT_VERSION_STR}, Python {platform.python_version()}, "
      f"numpy {numpy.__version__}, torch {torch.__version__}, GDAL {gdal.__version__}, "
      f"shapely {shapely.__version__}")'
}

make_root
add_pytest_qgis
copy_sources
say_versions
in_root env -C /opt/segshap PYTHONPATH=/opt/extra QT_QPA_PLATFORM=offscreen \
  python3 -m pytest -p no:cacheprovider "$@"
