"""The part of the result panel that says how far the map can be relied on."""

from __future__ import annotations

import math
from typing import Any, Optional

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QWidget

from .asked_section import AskedSection
from .chart_files import ChartFiles
from .charts import readable
from .charts_layers import LayersChart
from .class_table import FlatTable
from .expected_time import duration
from .result_tables import checks_csv

translate = QCoreApplication.translate
# Rank correlation of the sure cells from which on two maps read the same.
NEARLY = 0.9


class ChecksSection(AskedSection):
    """Widgets only: what they ask for is carried out by `ChecksDesk`.

    Signals
    -------
    asked(bool)
        Check the map; also with re-initialised layers.
    """

    asked = pyqtSignal(bool)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("How &far can the map be relied on?"))
        self.text.setAccessibleName(self.tr("What the checks say"))
        self.table = FlatTable([self.tr("Check"), self.tr("Value")])
        self.table.setAccessibleName(self.tr("Checks of the map"))
        tip = self.tr(
            "How far the contributions are from adding up; how far off they are in foretelling "
            "what hiding random cells changes; rank correlations with the map of another seed, of "
            "all cells and of those that contribute surely: the ranks of weak cells are chance."
        )
        self.table.setToolTip(tip)
        self.table.setWhatsThis(tip)
        self.found: Any = None
        self.chart = LayersChart()
        self.files = ChartFiles(
            self.chart, "segshap_checks", self.text.text, lambda: checks_csv(self.found)
        )
        self.bar.setAccessibleName(self.tr("Progress of the checks"))
        self.cancel_button.setText(self.tr("Stop"))
        self.cancel_button.setToolTip(self.tr("Stop now; nothing is kept of these checks."))
        self.content.addWidget(self.table)
        self.content.addWidget(self.chart)
        self.content.addWidget(self.files, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addLayout(self._questions())
        self.content.addLayout(self._with_progress(QHBoxLayout()))
        self.show_ready()

    def _questions(self) -> QHBoxLayout:
        self.start_button = QPushButton(self.tr("Chec&k"))
        tip = self.tr(
            "Hide random cells and compare with what the contributions foretell; explain the place "
            "once more with another seed. Takes about as long as the run itself, in the background."
        )
        self.layers_box = QCheckBox(self.tr("also re-&initialise layers"))
        self.start_button.clicked.connect(lambda: self.asked.emit(self.layers_box.isChecked()))
        further = self.tr(
            "Explain the model with a tenth, a quarter, half and all of its layers re-initialised: "
            "a map that stays the same explains the image, not the model. Takes four more runs."
        )
        row = QHBoxLayout()
        for widget, words in ((self.start_button, tip), (self.layers_box, further)):
            widget.setToolTip(words)
            widget.setWhatsThis(words)
            widget.setAccessibleDescription(words)
            row.addWidget(widget)
        row.addStretch()
        return row

    def show_ready(self) -> None:
        """Say what can be done here."""
        self.text.setText(
            self.tr("Not checked yet: would another seed give this map, and another model too?")
        )
        self._arrange()

    def show_progress(self, percent: float, seconds_left: float = math.inf) -> None:
        """Say how far it is."""
        text = self.tr("Checking…")
        if math.isfinite(seconds_left):
            text += self.tr(" about {} left").format(duration(seconds_left))
        self.text.setText(text)
        self.bar.setValue(round(percent))
        self._arrange(running=True)

    def show_checks(self, found: Any, record: Any) -> None:
        """Show what was found, and what it means.

        Parameters
        ----------
        found : Checks
            Of the record's target.
        record : Record
            The run.
        """
        self.found = found
        self.text.setText(verdict(found, record))
        self.table.fill(check_rows(found, record))
        self.chart.show_found(found.randomisation)
        self._arrange(found)

    def _arrange(self, found: Any = None, running: bool = False) -> None:
        for part in (self.start_button, self.layers_box):
            part.setVisible(not running)
        self._arrange_progress(running)
        for part in (self.table, self.files):
            part.setVisible(found is not None)
        self.chart.setVisible(found is not None and self.chart.is_drawn)


def check_rows(found: Any, record: Any) -> list[list[str]]:
    """Names and values of the checks, for people.

    Parameters
    ----------
    found : Checks
        Of the record's target.
    record : Record
        The run.
    """
    span = float(abs(record.explanation.values[record.target]).max())
    error = math.sqrt(found.infidelity)
    # Of a root: half of the relative error of what is under it.
    spread = found.infidelity_error / (2 * error) if error else 0.0
    return [
        [translate("Checks", "Sum off by"), f"{found.completeness_gap:.1g}"],
        [
            translate("Checks", "Foretold, off by"),
            f"{readable(error, span)} ± {readable(spread, span)}",
        ],
        [translate("Checks", "Ranks, other seed"), _number(found.stability)],
        [translate("Checks", "… sure cells"), _number(found.stability_of_sure)],
    ]


def verdict(found: Any, record: Any) -> str:
    """What the checks say, sentence by sentence.

    Parameters
    ----------
    found : Checks
        Of the record's target.
    record : Record
        The run.
    """
    order = found.stability_of_sure if math.isfinite(found.stability_of_sure) else found.stability
    if order >= NEARLY:
        text = translate(
            "Checks", "Another seed puts the cells that count in nearly the same order ({} of 1)."
        )
    else:
        text = translate(
            "Checks",
            "Another seed puts the cells in another order ({} of 1): explain with more evaluations "
            "before reading single cells.",
        )
    sentences = [text.format(_number(order))]
    own = record.explanation
    total = abs(float(own.prediction[record.target] - own.base[record.target]))
    if total > 0:
        text = translate(
            "Checks", "What hiding random cells changes is foretold to {:.0%} of the whole change."
        )
        sentences.append(text.format(math.sqrt(found.infidelity) / total))
    if found.randomisation is not None:
        text = translate(
            "Checks",
            "With all layers re-initialised {} is left of {}: the less, the more the map shows "
            "what the model has learnt.",
        )
        last = float(found.randomisation.correlation[-1])
        sentences.append(text.format(_number(last), _number(found.randomisation.ceiling)))
    return " ".join(sentences)


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"
