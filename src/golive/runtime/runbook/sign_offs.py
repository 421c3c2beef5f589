"""What people say of a runbook outside its log: their sign-offs in the register, and whether those who confirmed still may."""

from __future__ import annotations

from collections.abc import Sequence

from golive.config.rbac import SIGNS, SignOff
from golive.model.errors import ConfigError, JournalError
from golive.readiness.runbook import Kind, Runbook
from golive.readiness.runbook_progress import Result
from golive.readiness.runbook_signoff import signed_results

from ..operators import operators
from ..readiness.compliance import compliance_evidence
from ..readiness.scene import scene_of
from .place import Place


def told_by_sign_offs(place: Place, book: Runbook) -> tuple[Result, ...]:
    """Return what the sign-offs of the live entrypoint say of the boxes; nothing where it is not clear which one that is."""
    if not any(each.kind is Kind.SIGNOFF for item in book.items for each in item.bindings):
        return ()
    try:
        scene = scene_of(
            place.home, place.runtime_file, place.configuration, place.entrypoint.name, place.clock, place.store
        )  # fmt: skip
    except ConfigError:
        return ()
    evidence = compliance_evidence(place.configuration, place.home, scene.live.name, place.clock.now())
    return signed_results(book, evidence)


def still_standing(place: Place, found: Sequence[Result]) -> Sequence[Result]:
    """Return the results without confirmations of people who are not in the book any more or lost the role.

    Where the book cannot be read nobody is known to hold a role.
    """
    if all(each.binding.kind is not Kind.SIGNOFF for each in found):
        return found
    try:
        roles = {entry.name: entry.roles for entry in operators(place.home)}
    except (JournalError, OSError):
        roles = {}
    return [
        each
        for each in found
        if each.binding.kind is not Kind.SIGNOFF or SIGNS[SignOff(each.binding.name)] in roles.get(each.by, frozenset())
    ]
