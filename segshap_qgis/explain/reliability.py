"""What checks of a map found: numbers that are kept with its run.

They are measured elsewhere: see `faithfulness` for the measures, `checks.check` for a finished run,
and `models.randomisation` for the re-initialised layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

# Numbers of `Checks`, beside the re-initialised layers.
MEASURES = (
    "completeness_gap",
    "infidelity",
    "infidelity_error",
    "stability",
    "stability_of_sure",
)


@dataclass(frozen=True)
class RandomisationCheck:
    """Rank correlations with the original explanation as more layers are re-initialised.

    Attributes
    ----------
    layers : (S,) int64 array
        Layers re-initialised, counted from the output.
    n_layers : int
        Layers with weights that the network has.
    correlation : (S,) float64 array
        Spearman's, of the signed contributions; NaN where all contributions are equal.
    absolute_correlation : (S,) float64 array
        The same of their absolute values.
    ceiling : float
        The original network's correlation with itself under another seed.
    """

    layers: NDArray[np.int64]
    n_layers: int
    correlation: NDArray[np.float64]
    absolute_correlation: NDArray[np.float64]
    ceiling: float

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every number, for tables: check, layers re-initialised for it, and value."""
        yield {"check": "randomised_ceiling", "layers": 0, "value": self.ceiling}
        for name in ("correlation", "absolute_correlation"):
            for layers, value in zip(self.layers.tolist(), getattr(self, name).tolist()):
                yield {"check": f"randomised_{name}", "layers": layers, "value": value}


@dataclass(frozen=True)
class Checks:
    """What was found about one target of a run.

    Attributes
    ----------
    completeness_gap : float
        How far the contributions are from adding up, in the unit of the values.
    infidelity, infidelity_error : float
        Mean squared error of foretelling what hiding random cells changes, and its standard error.
    stability, stability_of_sure : float
        Rank correlation with the map of another seed, as many evaluations: over all cells, the
        ceiling for any comparison, and over those that contribute surely (NaN with fewer than
        three).
    randomisation : RandomisationCheck or None
        Rank correlations with the maps of ever more re-initialised models, where asked for.
    """

    completeness_gap: float
    infidelity: float
    infidelity_error: float
    stability: float
    stability_of_sure: float
    randomisation: Optional[RandomisationCheck] = None

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every number, for tables: check, layers re-initialised for it, and value."""
        for name in MEASURES:
            yield {"check": name, "layers": 0, "value": getattr(self, name)}
        if self.randomisation is not None:
            yield from self.randomisation.rows()
