"""Small runs for tests of files and layers: random contributions on a real partition."""

from __future__ import annotations

from typing import Any

import numpy as np
from osgeo import osr

from segshap_qgis.explain import Explanation, deletion_insertion, hexagons
from segshap_qgis.explain.faithfulness import DeletionInsertion
from segshap_qgis.explain.reliability import Checks, RandomisationCheck
from segshap_qgis.geo import Record, Window

NORTH_UP = (500_000.0, 10.0, 0.0, 5_000_000.0, 0.0, -10.0)
SOUTH_UP = (500_000.0, 10.0, 0.0, 4_990_000.0, 0.0, 12.5)
ROTATED = (500_000.0, 8.66, 5.0, 5_000_000.0, 5.0, -8.66)
AS_RECORDED = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)  # no georeferencing: rows grow to the south


def crs_wkt(epsg: int = 32631) -> str:
    system = osr.SpatialReference()
    system.ImportFromEPSG(epsg)
    return system.ExportToWkt()


def small_record(
    name: str = "oil, region 1",
    transform: tuple[float, ...] = NORTH_UP,
    crs: str | None = None,
    seed: int = 0,
    shape: tuple[int, int] = (40, 60),
    n_targets: int = 2,
    **changes: Any,
) -> Record:
    """Two targets, two bands, a corner of no-data, unknown standard errors, every field filled."""
    rng = np.random.default_rng(seed)
    valid = np.ones(shape, dtype=bool)
    valid[:9, :7] = False
    superpixels = hexagons(shape, side=6, valid=valid)
    values = rng.normal(scale=0.05, size=(n_targets, superpixels.n_players))
    errors = np.abs(rng.normal(scale=1e-3, size=values.shape))
    errors[-1, :] = np.nan
    base = rng.random(n_targets)
    explanation = Explanation(
        values=values,
        standard_errors=errors,
        base=base,
        prediction=base + values.sum(axis=1),
        superpixels=superpixels,
        evaluations=321,
        seed=2**40 + seed,
        settings={
            "targets": ["oil", "look-alike"][:n_targets],
            "estimator": "leverage",
            "budget": 1000,
            "note": 'é "quoted" \N{WATER WAVE}',
            "nested": {"list": [1, 2.5, None, True], "tenth": 0.1 + 0.2},
        },
        history=((100, float("inf")), (321, 0.0123456789012345)),
    )
    region = np.zeros(shape, dtype=bool)
    region[12:20, 15:33] = True
    region[14:16, 20:25] = False
    fields: dict[str, Any] = {
        "name": name,
        "explanation": explanation,
        "window": Window(
            bands=rng.gamma(2, size=(2, *shape)).astype(np.float32),
            valid=valid,
            transform=transform,
            crs_wkt=crs_wkt() if crs is None else crs,
            source="scene.tif",
            band_names=("VV", "VH"),
            offset=(1234, 5678),
            unit="power",
        ),
        "region": region,
        "target": 0,
        "probability": rng.random(shape).astype(np.float32),
        "settings": {
            "model_id": "oil_fcdensenet56",
            "started": "2026-01-02T03:04:05Z",
            "seconds": 12.25,
            "request": {"budget": 1000, "bands": [1, 2]},
        },
        "curves": {"oil": small_curves(explanation)},
        "checks": {"oil": small_checks()},
    }
    return Record(**{**fields, **changes})


def small_curves(explanation: Explanation, target: int = 0) -> DeletionInsertion:
    """Deletion and insertion of a game in which every cell adds its contribution."""

    def game(coalitions: np.ndarray) -> np.ndarray:
        return coalitions @ explanation.values.T + explanation.base

    return deletion_insertion(game, explanation, target, steps=5)


def small_checks() -> Checks:
    """Numbers of a check with re-initialised layers, one of them unknown."""
    layers = RandomisationCheck(
        layers=np.array([2, 6, 12], dtype=np.int64),
        n_layers=12,
        correlation=np.array([0.1 + 0.2, np.nan, -0.05]),
        absolute_correlation=np.array([0.6, 0.2, 1 / 3]),
        ceiling=0.97,
    )
    return Checks(1e-16, 0.0004, 0.00007, 0.71, 0.98, layers)
