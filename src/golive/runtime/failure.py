"""Ends of a session that are neither a prerequisite nor a fault: what was looked at is not what it must be (exit 4)."""

from __future__ import annotations

from golive.model.errors import GoliveError


class ValidationFailed(GoliveError):
    """Credentials, permissions or symbols are not what the configuration demands."""


class SessionDiverged(ValidationFailed):
    """What a session wrote down does not come out again, so it cannot be taken up."""
