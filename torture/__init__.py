"""The fault campaign: what can go wrong is made to go wrong in the real QGIS, and is counted.

``python -m torture`` runs all rows within 20 minutes; see ``--help``. Each row is a function that
returns a `Finding`: figures, and faults, of which there must be none.
"""
