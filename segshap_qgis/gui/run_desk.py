"""Carries out what the list of runs asks for: keep, show, repeat, compare, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsGeometry
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..errors import SegShapError
from ..geo.difference import difference
from ..geo.regions import mask_outline
from ..geo.wellknown import to_wkb
from ..layers import add_result
from ..workflow import Request
from .dock import Dock
from .expected_time import remember
from .headline import headline
from .messages import Messages
from .run_store import RunStore
from .run_thumbnail import thumbnail


class RunDesk(QObject):
    """The runs that have ended.

    Parameters
    ----------
    dock : Dock
        Whose list of runs it serves.
    messages : Messages
        Where troubles are told.
    colour_blind : callable
        Whether layers and pictures have the colour-blind safe colours.

    Signals
    -------
    again_asked(QgsGeometry)
        Explain this region, in the CRS of its raster, with the settings of the dock.
    """

    again_asked = pyqtSignal(QgsGeometry)

    def __init__(
        self, dock: Dock, messages: Messages, colour_blind: Callable[[], bool], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._dock = dock
        self._runs = dock.runs
        self._messages = messages
        self._colour_blind = colour_blind
        self.store = RunStore(self)
        self.store.restored.connect(self._restored)
        self.store.failed.connect(messages.error)
        self._runs.renamed.connect(self._renamed)
        actions = self._runs.actions_of_runs
        actions.layers.triggered.connect(self._show_layers)
        actions.settings.triggered.connect(self._take_over_settings)
        actions.again.triggered.connect(self._explain_again)
        actions.compare.triggered.connect(self._compare)
        actions.delete.triggered.connect(self._delete)

    def close(self) -> None:
        """Stop listening to the project."""
        self.store.close()

    def clear(self) -> None:
        """The project was closed."""
        self.store.clear()
        self._runs.clear()

    def finish(self, item: Any, record: Any) -> None:
        """Show a result in the list and keep it in the project."""
        text = headline(record.explanation, record.target)
        self._runs.set_state(item, text, record, thumbnail(record, self._colour_blind()))
        self.store.keep(record)
        remember(record)
        self._dock.tell_expected_time()

    def keep_findings(self, record: Any) -> None:
        """Keep curves and checks of a run with it; a slick of a whole scene is in no list."""
        kept = self._runs.take_findings(record)
        if kept is not None:
            self.store.replace(kept.name, kept)

    def add_layers(self, record: Any) -> None:
        """Add the layers of a record, of the target that it shows, to the project."""
        try:
            add_result(record, self._colour_blind())
        except SegShapError as error:
            self._messages.error(error)

    def _restored(self, records: list[Any]) -> None:
        for record in records:
            text = headline(record.explanation, record.target)
            item = self._runs.add(record.name, text)
            self._runs.set_state(item, text, record, thumbnail(record, self._colour_blind()))

    def _renamed(self, old: str, record: Any) -> None:
        self.store.replace(old, record)

    def _show_layers(self) -> None:
        for record in self._runs.chosen_records():
            self.add_layers(record)

    def _take_over_settings(self) -> None:
        (record,) = self._runs.chosen_records()
        try:
            self._dock.take_over(Request.from_settings(record.settings))
        except SegShapError as error:
            self._messages.error(error)
        else:
            self._dock.show_page(self._dock.question_page)

    def _explain_again(self) -> None:
        (record,) = self._runs.chosen_records()
        region = QgsGeometry()
        region.fromWkb(to_wkb(mask_outline(record.region, record.window.transform)))
        self.again_asked.emit(region)

    def _compare(self) -> None:
        # In the order of the list, whatever was clicked first.
        chosen = {id(record) for record in self._runs.chosen_records()}
        newer, older = (record for record in self._runs.records() if id(record) in chosen)
        name = self._runs.free_name(self.tr("{} minus {}").format(newer.name, older.name))
        try:
            record = difference(newer, older, name)
        except SegShapError as error:
            self._messages.error(error)
            return
        self.add_layers(record)
        self.finish(self._runs.add(name, ""), record)

    def _delete(self) -> None:
        for name in self._runs.remove_chosen():
            self.store.forget(name)
