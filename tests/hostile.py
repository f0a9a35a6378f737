"""What nobody would write on purpose: strategies of hypothesis for values read from files."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

NUMBERS = (0, -1, 1, 2**31, 2**63, 10**400, 0.5, -0.0, 1e300, float("nan"), float("inf"))
TEXTS = (
    "", " ", "mean", "oil", "..", "../small.pt", "/etc/passwd", "C:\\x", "a\0b", "\ud800",
    "x" * 300, "<img src='file:///etc/passwd'>",
    "'; DROP TABLE segshap_runs; --", "[% @project_path %]",
    "%s%n{0}", "a\nb", "\u202egnp.exe",
)  # fmt: skip

values = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.sampled_from(TEXTS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(TEXTS), inner, max_size=3)
    ),
    max_leaves=6,
)


def places_in(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all that lies in a JSON document, but itself."""
    entries = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for key, value in entries:
        yield (*path, key)
        yield from places_in(value, (*path, key))


def spoilt(document: Any, most: int = 2) -> st.SearchStrategy[Any]:
    """A JSON document of which some parts are missing or something else."""
    places = sorted(places_in(document), key=str)
    change = st.tuples(st.sampled_from(places), st.booleans(), values)
    return st.lists(change, min_size=1, max_size=most).map(lambda c: _changed(document, c))


def _changed(document: Any, changes: list[tuple[tuple[Any, ...], bool, Any]]) -> Any:
    document = copy.deepcopy(document)
    for path, is_missing, value in changes:
        at = document
        try:
            for key in path[:-1]:
                at = at[key]
            if is_missing:
                del at[path[-1]]
            else:
                at[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    return document
