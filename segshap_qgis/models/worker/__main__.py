"""What the process is started with: this file, by its path, in a plain Python."""

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    # In place of this file's own folder, so that nothing beside it is taken for another module.
    sys.path[0] = str(Path(__file__).resolve().parents[3])
    # By name, because a file that is started belongs to no package.
    import_module("segshap_qgis.models.worker.server").main()
