"""Secrets: where credentials come from."""

from .embedded import EmbeddedSecretStore
from .key_file import KeyFileStore

__all__ = ["EmbeddedSecretStore", "KeyFileStore"]
