"""SegSHAP: explains an image-segmentation network with Shapley values, inside QGIS and out of it."""

__version__ = "0.1.0"
