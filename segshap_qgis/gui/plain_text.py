"""Names from files, where Qt would take what looks like HTML for HTML."""

from __future__ import annotations

import html


def plain(text: str) -> str:
    """Text for a tool tip or a message: shown as it is, whatever is in it.

    Qt draws such texts as HTML where they look like it, and HTML from a stranger's file could name
    pictures on other computers, which Qt would fetch.
    """
    return html.escape(text, quote=False) if "<" in text else text
