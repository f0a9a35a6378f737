"""From a Record to styled layers in the project, and a live preview on the way there."""

from .drawing import draw
from .preview import Preview
from .result import result_layers, style_documents
from .tree import add_result, temporary_folder

__all__ = ["Preview", "add_result", "draw", "result_layers", "style_documents", "temporary_folder"]
