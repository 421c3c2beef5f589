"""Secrets: where credentials come from."""

from .embedded import EmbeddedSecretStore

__all__ = ["EmbeddedSecretStore"]
