"""A reconciliation as a JSON document, and the schema of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from golive.execution.reconciliation import Choice, Difference, DifferenceKind
from golive.model.json import JsonValue
from golive.model.verdict import ExitCode, Stage
from golive.observability.shape import Count, as_json, document_schema

from .reconcile_run import AccountFound, Reconciliation

SCHEMA: Final = "golive.reconciliation.v1"


@dataclass(frozen=True, slots=True)
class ChoiceOffered:
    choice: Choice
    command: str


@dataclass(frozen=True, slots=True)
class DifferenceTold:
    kind: DifferenceKind
    subject: str
    instrument: str | None
    ours: str
    theirs: str
    detail: str
    choices: tuple[ChoiceOffered, ...]


@dataclass(frozen=True, slots=True)
class AccountTold:
    adapter: str
    environment: str
    keychain_key: str
    status: Literal["agrees", "differs", "unknown"]
    working_orders: Count
    """of ours, at the venue"""
    problem: str | None
    """why it could not be said"""
    differences: tuple[DifferenceTold, ...]


@dataclass(frozen=True, slots=True)
class ConsentTold:
    choice: Choice
    subject: str
    reason: str
    was_new: bool
    """False: it stood in the journal already, and nothing was done"""


@dataclass(frozen=True, slots=True)
class ReconciliationTold:
    entrypoint: str
    stage: Stage
    exit_code: ExitCode
    consent: ConsentTold | None
    accounts: tuple[AccountTold, ...]


def document(found: Reconciliation, options: Sequence[str]) -> dict[str, JsonValue]:
    """Return a reconciliation as a JSON document; `options` are what its commands are to be run with."""
    consent = found.consent
    told = as_json(
        ReconciliationTold(
            found.entrypoint,
            found.stage,
            found.exit_code,
            None if consent is None else ConsentTold(consent.choice, consent.subject, consent.reason, found.did_change),
            tuple(_account(each, options) for each in found.accounts),
        )
    )
    assert isinstance(told, dict)
    return {"schema": SCHEMA, **told}


def reconciliation_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of that document; every object in it is closed."""
    return document_schema(SCHEMA, "How order journals and venues of an entrypoint agree", ReconciliationTold)


def _account(found: AccountFound, options: Sequence[str]) -> AccountTold:
    return AccountTold(
        found.account.adapter,
        found.account.settings.environment,
        found.account.account,
        found.status,
        found.working,
        found.problem or None,
        tuple(_difference(row, options) for row in found.differences),
    )


def _difference(row: Difference, options: Sequence[str]) -> DifferenceTold:
    choices = tuple(ChoiceOffered(choice, row.command(choice, options)) for choice in row.choices)
    return DifferenceTold(row.kind, row.subject, row.instrument or None, row.ours, row.theirs, row.detail, choices)
