"""What the venue says a key may do, compared with what the environment's permission profile demands."""

from __future__ import annotations

from collections.abc import Collection

from .failure import ValidationFailed


def require_permissions(key: str, observed: Collection[str], *, required: Collection[str], forbidden: Collection[str]) -> None:
    """Raise ValidationFailed naming what the key lacks and what it must not have; `key` is its keychain key."""
    lacking, excess = sorted(set(required) - set(observed)), sorted(set(forbidden) & set(observed))
    words = [f"lacks {', '.join(lacking)}"] if lacking else []
    words += [f"must not have {', '.join(excess)}"] if excess else []
    if words:
        raise ValidationFailed(f"key {key!r} {' and '.join(words)} (the venue reports: {', '.join(observed)})")
