"""The operating mode of a venue; dialects say in their own words what each one refuses."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """`maintenance` answers nothing but status and time; the others restrict what orders may do."""

    ONLINE = "online"
    MAINTENANCE = "maintenance"
    CANCEL_ONLY = "cancel_only"
    POST_ONLY = "post_only"
    LIMIT_ONLY = "limit_only"
