#!/usr/bin/env python3
"""How soon the stopping rule stops, and how often it is right.

For each family of games, over many games and seeds: how often the rule of `explain` fires, after
how many evaluations, and the share of stops with a relative squared error of at most 1%. Some
families were never used to tune the estimator (`HELD_OUT`), and of the others only games that were
not. The recorded evaluations of a real network are replayed in fresh random orders; the truth then
comes from the pairs that were not used.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from segshap_qgis.explain import Explanation, explain, hexagons  # noqa: E402
from segshap_qgis.explain.explainer import _schedule, is_settled  # noqa: E402
from segshap_qgis.explain.shapley import Estimate, Memory, least_squares, posterior  # noqa: E402
from tools.estimator_study import RECORDED, TARGETS, RecordedGame, relative_error  # noqa: E402
from tools.synthetic_games import FAMILIES, SIDES, TUNED_ON, synthetic_game  # noqa: E402

STOP_AT = 0.03
# Games of earlier seeds were used to tune.
FIRST_SEED = 1000
HEXAGONS = hexagons((256, 256), side=SIDES[246])


def stopping(families: list[str], runs: int, budget: int, players: int, folder: Path) -> None:
    """Print, for each family, when the rule fires and how often the error is then within 1%."""
    print(f"\nstopping at a precision of {STOP_AT:g}, budget {budget}, {runs} runs")
    print(
        f"{'family':24s}{'fired':>7s}{'evaluations':>13s}{'error <= 1%':>13s}{'worst':>9s}"
        f"{'s/run':>8s}"
    )
    recorded = RecordedGame(folder)
    everything: dict[str, list[float]] = defaultdict(list)
    for family in families:
        counts, errors, started = [], [], time.process_time()
        for run in range(FIRST_SEED, FIRST_SEED + runs):
            if family in TARGETS:
                stopped = _stopped_replay(recorded, TARGETS.index(family), run)
            else:
                stopped = _stopped_run(family, players, run, budget)
            if stopped is not None:
                counts.append(stopped[0])
                errors.append(stopped[1])
        seconds = (time.process_time() - started) / runs
        kind = "tuned on" if family in TUNED_ON else "held out"
        everything["recorded" if family in TARGETS else kind] += errors
        if counts:
            good = np.mean(np.array(errors) <= 0.01)
            print(
                f"{family:24s}{len(counts):7d}{np.median(counts):13.0f}{100 * good:12.0f}%"
                f"{max(errors):9.2g}{seconds:8.1f}",
                flush=True,
            )
        else:
            print(f"{family:24s}{0:7d}{'-':>13s}{'-':>13s}{'-':>9s}{seconds:8.1f}", flush=True)
    for kind, errors in everything.items():
        if errors:
            good = np.mean(np.array(errors) <= 0.01)
            print(f"{'all ' + kind:24s}{len(errors):7d}{'':13s}{100 * good:12.1f}%")


def _stopped_run(family: str, players: int, seed: int, budget: int) -> tuple[int, float] | None:
    """Evaluations and error where the rule stopped; None where it did not."""
    game = synthetic_game(family, players, seed)
    result = explain(game, game.superpixels, budget, seed=seed, stop_at=STOP_AT)
    if not is_settled(result, STOP_AT):
        return None
    found = Estimate(result.values, result.standard_errors)
    return result.evaluations, relative_error(found, game.truth)


def _stopped_replay(recorded: RecordedGame, target: int, seed: int) -> tuple[int, float] | None:
    """The same on a fresh draw of the recorded pairs; the truth comes from all others."""
    order = np.random.default_rng(seed).permutation(1500)
    memory: Memory = {}
    was_settled = False
    for n_pairs in _schedule(700):
        pairs = recorded.pairs("leverage", order[:n_pairs], target)
        found = posterior(pairs, memory)
        ends = np.zeros(1), pairs.total
        so_far = Explanation(*found, *ends, HEXAGONS, 2 + 2 * n_pairs, seed)
        now_settled = is_settled(so_far, STOP_AT)
        if now_settled and was_settled:
            others = least_squares(recorded.pairs("leverage", order[n_pairs:], target))
            return 2 + 2 * n_pairs, relative_error(found, others.values[0])
        was_settled = now_settled
    return None


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100, help="games and seeds of each family")
    parser.add_argument("--budget", type=int, default=2500)
    parser.add_argument("--players", type=int, default=246, choices=SIDES, help="about so many")
    parser.add_argument("--families", nargs="+", default=[*TARGETS, *FAMILIES])
    parser.add_argument("--recorded", type=Path, default=RECORDED, help="folder of recorded pairs")
    a = parser.parse_args()
    stopping(a.families, a.runs, a.budget, a.players, a.recorded)


if __name__ == "__main__":
    main()
