"""The one family of errors that SegSHAP shows to a person."""


class SegShapError(Exception):
    """Something that the person at the screen can understand and mend.

    Parameters
    ----------
    message : str
        What is wrong, in the analyst's words.
    remedy : str, optional
        What to do about it, as an imperative sentence.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}".strip())


class RegionError(SegShapError):
    """The region of interest cannot be explained: empty, outside the image, on no-data."""


class ImageError(SegShapError):
    """The image cannot be used: too small, wrong number of bands, constant, not finite."""


class ModelError(SegShapError):
    """A model or its card is damaged, unsafe, or does not fit what is asked of it."""


class SettingsError(SegShapError):
    """A setting is out of its range: budget, super-pixel size, class, estimator."""


class DependencyError(SegShapError):
    """An optional package is missing; the remedy says how to get it."""


class ExportError(SegShapError):
    """A result could not be written or read back; what was there before is untouched."""


class Interrupted(Exception):  # noqa: N818, it is no error
    """The person stopped the run in the middle of an evaluation; what was learnt stays."""
