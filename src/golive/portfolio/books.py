"""Proof that the books are in order: trial balance, accounts derived again from postings, canonical state, replay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from golive.audit.canonical import canonical
from golive.model.errors import JournalError
from golive.model.json import JsonValue

from .account import Account
from .entry import Flow, Journaled, postings_of, postings_of_reservation
from .ledger import Ledger


def trial_balance(ledger: Ledger) -> dict[str, dict[Account, int]]:
    """Return every account by asset, in smallest units; each asset sums to zero."""
    return {asset: balance.accounts() for asset, balance in ledger.balances.items()}


def check_books(ledger: Ledger) -> None:
    """Derive every account again from the postings of journal and reservations; JournalError naming the first that differs."""
    derived = {asset: dict.fromkeys(Account, 0) for asset in ledger.balances}
    for item in ledger.journal:
        for asset, account, units in postings_of(item, ledger.holdings):
            derived[asset][account] += units
    for asset, balance in ledger.balances.items():
        for posting in postings_of_reservation(asset, balance.reserved):
            derived[asset][posting.account] += posting.units
        for account, units in balance.accounts().items():
            if units != derived[asset][account]:
                raise JournalError(f"{account} of {asset} holds {units} units, its postings come to {derived[asset][account]}")
        if sum(derived[asset].values()):
            raise JournalError(f"the accounts of {asset} do not sum to zero")


def replay(ledger: Ledger, entries: Iterable[Journaled]) -> None:
    """Book `entries` into `ledger`; JournalError when a position after a fill is not the one that was written down."""
    for entry in entries:
        if isinstance(entry, Flow):
            ledger.book_flow(entry)
            continue
        after = ledger.apply(entry.fill)
        if after != entry.position_after:
            name = f"{entry.instrument}: the position after fill {entry.fill_id.trade_id}"
            raise JournalError(f"{name} is {after} lots, {entry.position_after} were written down")


def state_of(ledger: Ledger) -> dict[str, JsonValue]:
    """Return the whole state as texts: accounts, positions by average cost, FIFO lots, and the digest of the journal."""
    performance = ledger.performance
    return {
        "accounts": {asset: {str(k): str(v) for k, v in row.items()} for asset, row in trial_balance(ledger).items()},
        "positions": {
            str(key): [str(p.base_units), str(p.cost), str(p.realized), p.basis_known] for key, p in ledger.positions.items()
        },
        "lots": {
            str(key): [str(fifo.realized), [[str(lot.base_units), str(lot.cost)] for lot in fifo.lots]]
            for key, fifo in performance.fifo.items()
        },
        "journal": {"records": len(ledger.journal), "sha256": ledger.journal_sha256},
    }


def digest_of(ledger: Ledger) -> str:
    """Return the SHA-256 of the canonical bytes of `state_of`."""
    return hashlib.sha256(canonical(state_of(ledger))).hexdigest()
