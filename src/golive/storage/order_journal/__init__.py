"""The order journal of one account at one venue: decisions, intents, attempts, answers, facts and fills (RELIABILITY §4.1)."""

from .item import AnswerItem, AttemptItem, DecidedItem, EndItem, FactItem, FillItem, Item, NoteItem
from .journal import OrderJournal
from .place import JournalPlace
from .quarantine import WHOLE_ROWS
from .reader import OrderJournalReader
from .row import JournalRow
from .state import JournalState, StoredAttempt, StoredOrder
from .writer import OrderWriter, Projection

__all__ = [
    "WHOLE_ROWS",
    "AnswerItem",
    "AttemptItem",
    "DecidedItem",
    "EndItem",
    "FactItem",
    "FillItem",
    "Item",
    "JournalPlace",
    "JournalRow",
    "JournalState",
    "NoteItem",
    "OrderJournal",
    "OrderJournalReader",
    "OrderWriter",
    "Projection",
    "StoredAttempt",
    "StoredOrder",
]
