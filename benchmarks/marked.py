"""Parts of a document that a program writes, between two marks that readers do not see."""

from __future__ import annotations

from pathlib import Path


def put_between(document: Path, name: str, text: str) -> None:
    """Replace what lies between the marks of a name.

    Parameters
    ----------
    document : Path
        A Markdown file that holds ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->`` once.
    name : str
        Of the part.
    text : str
        What goes there.

    Raises
    ------
    ValueError
        The marks are not there.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, begun, rest = document.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"{document} has no marks {begin} and {end}.")
    whole = f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"
    document.write_text(whole, encoding="utf-8")
