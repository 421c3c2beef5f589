"""Reading what others have written: files of an operator, evidence of earlier runs, JSON from outside.

Nothing here believes a name or a text: a file is opened below a root that is trusted, and is bounded before it is read.
"""

from .safe_open import InputRefused, open_beside, open_named, read_beside, read_bytes, safe_open
from .strict_json import NotStrictJson, parse_json

__all__ = ["InputRefused", "NotStrictJson", "open_beside", "open_named", "parse_json", "read_beside", "read_bytes", "safe_open"]
