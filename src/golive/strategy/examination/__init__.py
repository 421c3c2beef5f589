"""What `golive strategy check` proves of a strategy by running it: each check in a module with its like."""

from .examine import examine
from .subject import Finding, Subject

__all__ = ["Finding", "Subject", "examine"]
