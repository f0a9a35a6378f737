"""SegSHAP explains an image-segmentation network with Shapley values, inside QGIS and out."""

__version__ = "0.1.0"
