"""The order journal of one account at one venue: decisions, intents, attempts, answers, facts and fills (RELIABILITY §4.1)."""

from .item import AnswerItem, AttemptItem, DecidedItem, EndItem, FactItem, FillItem, Item, NoteItem
from .state import JournalState, StoredAttempt, StoredOrder

__all__ = [
    "AnswerItem",
    "AttemptItem",
    "DecidedItem",
    "EndItem",
    "FactItem",
    "FillItem",
    "Item",
    "JournalState",
    "NoteItem",
    "StoredAttempt",
    "StoredOrder",
]
