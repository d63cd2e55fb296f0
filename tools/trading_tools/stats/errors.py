"""The one error of the statistics: an input that supports no figure."""


class StatsError(ValueError):
    """The input supports no such figure; the message says what was given and what is needed."""
