"""How secrets look that somebody wrote into a file: keys of known services, and values under the name of one.

What is found must be replaced where it opens something; removing it here leaves it in the history.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping

TOKENS: Mapping[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "a private key": (
        ("PRIVATE KEY", "AGE-SECRET"),
        re.compile(
            r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\+[rn]|\s|[\"',+#>|*;]|[A-Za-z-]+: [^\n\\]{1,80})*"
            r"(?:[A-Za-z0-9+/=](?:\\+[rn]|[\s\"',+#>|*;])*){40}"
            r"|AGE-SECRET-KEY-1[A-Z0-9]{50}"
        ),
    ),
    "an AWS key": (("AKIA", "ASIA"), re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")),
    "a token of GitHub or GitLab": (
        ("gh", "glpat"),
        re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,}|glpat-[\w-]{20})"),
    ),
    "a token of Slack": (
        ("xox", "slack.com"),
        re.compile(r"\bxox[abeoprs]-\d{6,}-[\w-]{20,}|hooks\.slack\.com/services/T\w{8,}/B\w{8,}/\w{20,}"),
    ),
    "a token of Telegram": ((":AA",), re.compile(r"(?:(?<![\w-])|(?<=bot))\d{8,10}:AA[\w-]{33}(?![\w-])")),
    "a webhook of Discord": (("/api/webhooks",), re.compile(r"discord(?:app)?\.com/api/webhooks/\d{17,20}/[\w-]{60,}")),
    "a key of Stripe, Google, PyPI or npm": (
        ("sk_live_", "AIza", "pypi-Ag", "npm_"),
        re.compile(r"\b(?:sk_live_\w{20,}|AIza[\w-]{35}|pypi-AgEIcHlwaS5vcmc[\w-]{40,}|npm_\w{36})"),
    ),
    "a key of OpenAI, Anthropic, Hugging Face or SendGrid": (
        ("sk-", "hf_", "SG."),
        re.compile(r"(?<![\w-])(?:sk-(?:proj-|ant-[a-z0-9]+-)?[A-Za-z0-9_-]{32,}|hf_[A-Za-z]{34}|SG\.[\w-]{22}\.[\w-]{43})"),
    ),
    "a key of a store of Azure": (("AccountKey=",), re.compile(r"AccountKey=[A-Za-z0-9+/]{86}==")),
    "a JSON Web Token": (("eyJ",), re.compile(r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}")),
}
"""what has the form of a key: what one of stands in a text that can hold it, and how it looks"""
_WORDS = (
    r"(?:secret|passw(?:or)?d|passphrase|passwd|token|credential|bearer"
    r"|(?:api|private|access|signing|encryption|master|hmac|wallet|auth)[_-]?key)s?(?:[_-]?key)?"
)
NAMED = re.compile(
    _WORDS
    + r"""(?:["']?[\])]?[ \t]*(?::[ \t]*[\w.\[\]| ]{1,40}=|:=|=>|[:=])|["'],)\s*(?:\(\s*)?(?:[\w.]{1,40}\(\s*)?[bru]{0,2}"""
    r"""(?P<quote>["'`]{1,3})(?P<value>[^"'`\s{}<>$%]{16,})(?P=quote)""",
    re.IGNORECASE,
)
UNQUOTED = re.compile(
    _WORDS + r"(?:[ \t]*[:=][ \t]*|>\s*|[ \t]+)(?P<value>[A-Za-z0-9+/=_.-]{16,})[ \t]*\r?(?:#.*|</.*|\\)?$",
    re.IGNORECASE | re.MULTILINE,
)
"""as it stands in YAML, INI, XML and shell files, on command lines and in headers, whose texts need no quotes"""
IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@\"'{}<>$]*:(?P<value>[^/\s:@\"'{}<>$]{12,})@", re.IGNORECASE)
"""a password in an address: scheme://name:password@host"""
QUOTES_ALWAYS = frozenset({".py", ".pyi", ".pyw", ".pyx", ".js", ".ts", ".html", ".css", ".rs", ".go", ".c", ".h", ".ipynb"})
"""suffixes of languages whose texts stand in quotes"""
IN_BASE64 = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{40,}")
"""`-----BEGIN `, as manifests of Kubernetes have it"""
LEAST_ENTROPY = 3.6
"""bits for each character of a value under the name of a secret; words of a language have less, keys made by chance more"""
NO_SECRETS: Mapping[str, str] = {
    "1a37968c2c4a51ca080b7b6de16b59bff34ab6e1fde0e4e1b40ae7bcbe0d0386": "OKX's documentation, an example of a login",
    "38048433299fea9aab0ea2be74d6ad6f3b0de2d23484e68da900d30ee7eb219d": "the front half of the example in BitMEX's documentation",
    "98c0adc16caa135bf2c8732f2558ae4e3e03443c4d1a20b8974fed384ad505d8": "Kraken's documentation, the example of a signature",
    "3f2528ae73d5b6030b29f868c0bf161090d80420f2f1543da99c1f52aefb5a5c": "the same, cut short",
    "477a08c0eb19eedcfbcaaf28687d05fd4854161e23ecce1b8836a4ece1d880e9": "OKX's documentation, the example of a signature",
    "6a23aea756f479a15342f1758a88a2dcaea9a9ecf7cfd04761a4a673103fce2c": "made for tests: the key in an answer of Bybit",
    "d889bf336de017004820bff179dbfae81ff6ce645b9d027ab8b68a5a8bc30cb9": "made for tests: a value that redaction has to find",
}
"""SHA-256 of values that look like secrets and open nothing: published examples and what tests made up, with where it is from"""


def secrets(suffix: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield line and kind of what has the form of a key, or stands under the name of one and looks made by chance.

    `suffix`: of the file the text is from.
    """
    yield from tokens(text)
    for pattern in (NAMED,) if suffix in QUOTES_ALWAYS else (NAMED, UNQUOTED):
        for found in pattern.finditer(text):
            if _is_made_by_chance(found["value"]) and not is_known(found["value"]):
                yield _line(text, found.start("value")), "a value under the name of one"


def tokens(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and kind of what has the form of a key by itself, whatever stands around it."""
    for what, (hints, pattern) in TOKENS.items():
        if any(hint in text for hint in hints):
            for found in pattern.finditer(text):
                if not is_known(found[0]):
                    yield _line(text, found.start()), what
    for found in IN_BASE64.finditer(text) if "LS0tLS1CRUdJTi" in text else ():
        if b"PRIVATE KEY" in base64.b64decode(found[0][:48]):
            yield _line(text, found.start()), "a private key"
    for found in IN_ADDRESS.finditer(text) if "://" in text else ():
        if _is_made_by_chance(found["value"]) and not is_known(found["value"]):
            yield _line(text, found.start()), "a password in an address"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _is_made_by_chance(value: str) -> bool:
    if not re.search(r"\d", value) or not re.search(r"[A-Za-z]", value):
        return False
    counts = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    is_hex = re.fullmatch(r"[0-9a-fA-F-]+", value) is not None
    return entropy >= (3.0 if is_hex else LEAST_ENTROPY)


def is_known(value: str) -> bool:
    """Say whether a value is one of those that open nothing."""
    return hashlib.sha256(value.encode()).hexdigest() in NO_SECRETS
