"""Algorithms for QGIS's toolbox, model designer, batch runs and `qgis_process`."""
