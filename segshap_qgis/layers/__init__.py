"""From a Record to styled layers in the project, and a live preview on the way there."""

from .preview import Preview
from .result import style_documents
from .tree import add_result

__all__ = ["Preview", "add_result", "style_documents"]
