"""Journal and venue of one account compared: what differs, what may be done about it, and what a person agreed to."""

from .comparison import adoption, compare, followed
from .consent import NOTES, Adopted, Choice, Consents
from .difference import Difference, DifferenceKind
from .view import JournalView, OwnOrder, VenueFill, VenueOrder, VenueView

__all__ = [
    "NOTES",
    "Adopted",
    "Choice",
    "Consents",
    "Difference",
    "DifferenceKind",
    "JournalView",
    "OwnOrder",
    "VenueFill",
    "VenueOrder",
    "VenueView",
    "adoption",
    "compare",
    "followed",
]
