"""The provider: SegSHAP's place in the toolbox and behind `qgis_process run segshap:...`."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .. import __version__
from ..icons import icon
from .algorithm import SegShapAlgorithm
from .compare_models import CompareModels
from .explain_regions import ExplainRegions
from .explain_slicks import ExplainSlicks
from .find_slicks import FindSlicks
from .insertion_deletion import InsertionDeletion
from .make_superpixels import MakeSuperpixels
from .repeat import Repeat
from .segment_raster import SegmentRaster

ALGORITHMS: list[type[SegShapAlgorithm]] = [
    ExplainRegions,
    InsertionDeletion,
    CompareModels,
    Repeat,
    MakeSuperpixels,
    SegmentRaster,
    FindSlicks,
    ExplainSlicks,
]


class SegShapProvider(QgsProcessingProvider):
    """Every algorithm of `ALGORITHMS`, under the id ``segshap``."""

    def id(self) -> str:
        """Short name, as in ``segshap:explainregions``."""
        return "segshap"

    def name(self) -> str:
        """Name for people."""
        return "SegSHAP"

    def longName(self) -> str:
        """Name with the version."""
        return f"SegSHAP {__version__}"

    def versionInfo(self) -> str:
        """Version, as `qgis_process` shows it."""
        return __version__

    def icon(self) -> QIcon:
        """The plugin's own icon."""
        return icon("segshap")

    def loadAlgorithms(self) -> None:
        """Tell QGIS what there is."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
