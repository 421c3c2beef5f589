"""What stops the program before it listens."""

from __future__ import annotations


class UsageError(Exception):
    """A flag, a credentials document or a data file is wrong; the message is one line with the fix (exit 2)."""
