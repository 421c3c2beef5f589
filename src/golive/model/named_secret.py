"""What nobody guarded and yet is a secret: it stands under the name of one, in a URL, or has the look of a key.

Every pattern begins where none of its kind has begun before and takes what it has matched for good, so the time is linear in
the text. Where a value does not end (a quote, a bracket that never closes), nothing after it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

HIDDEN: Final = "***"

_WORD: Final = (
    r"secret|passw(?:or)?d|passphrase|pwd|(?:api|access|private|mac)[_-]?key|token|credential|authorization|cookie|signature"
    r"|(?:OK-ACCESS|X-BAPI|API)-(?:KEY|SIGN|PASSPHRASE)"
)
_EXACTLY: Final = frozenset({"sign", "sig", "key", "pwd", "pass", "otp", "passphrase"})
_TWO_WORDS: Final = ("api ", "secret ", "access ")
"""before `key`: a name that a person writes with a space"""
_QUOTE: Final = r"""(?<!\\)\\*+(?P<mark>["']|&(?:amp;)*(?:quot|apos|\#(?:x2[27]|0*3[49]));|%(?:25)*2[27]|u002[27])"""
"""also escaped, as in JSON within JSON, and as HTML and URLs write it"""
_NAME: Final = rf"(?<![\w-])(?P<name>[\w-]++)(?P<quote>{_QUOTE})?\]?\s*+(?:(?:[=:]|%(?:25)*3[ad]|\\++u003[ad])\s*+){{1,3}}>?\s*+"
_BARE: Final = r"""(?:[^\s&"'<>,;()\[\]{}]|[,;)\]}](?=[^\s&"'<>,;)\]}])|["'](?=\w))*+"""
_SCHEMES: Final = r"(?:Bearer|Basic|Digest|Token|ApiKey|CloudSession|Negotiate)\s++(?=\S)"
_PLAIN: Final = frozenset(
    (
        *("http", "https", "ws", "wss", "file", "ftp", "sftp", "ssh", "git", "tcp", "udp", "unix", "socks4", "socks5", "socks5h"),
        *("postgres", "postgresql", "sqlite", "mysql", "redis", "mongodb", "amqp"),
    )
)
"""schemes of URLs whose secrets are the user, or named in the query; in another one (`slack://`, `json://`) it may be anything"""
_MARK: Final = r":(?:\\*+/){2}|%(?:25)*3a(?:%(?:25)*2f){2}"
_PEM: Final = "[A-Z ]*PRIVATE KEY(?: BLOCK)?-----"
_SHOWN: Final = frozenset({"", "null", "none", "true", "false", "…", "...", HIDDEN})
"""values that are none"""


class _Patterns(NamedTuple):
    """Compiled when they are first needed: a command that fails at nothing never does."""

    named: re.Pattern[str]
    exactly: re.Pattern[str]
    told: re.Pattern[str]
    """`secret_source`, `key_id`: about a secret, and none"""
    flag: re.Pattern[str]
    """an option of a command line, whose value follows without a sign between"""
    place: re.Pattern[str]
    """`passphrase-fd`, `credentials`: options that say where a secret is"""
    header: re.Pattern[str]
    entry: re.Pattern[str]
    escape: re.Pattern[str]
    scheme: re.Pattern[str]
    opening: re.Pattern[str]
    bare: re.Pattern[str]
    after: re.Pattern[str]
    structure: re.Pattern[str]
    url: re.Pattern[str]
    url_user: re.Pattern[str]
    url_rest: re.Pattern[str]
    hook: re.Pattern[str]
    key: re.Pattern[str]
    bearer: re.Pattern[str]
    pem: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    def any_case(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, re.IGNORECASE)

    return _Patterns(
        named=any_case(_WORD),
        exactly=any_case(r"(?:^|[_-])(?:sign|sig|pass|otp)$"),
        told=any_case(r"_(?:source|class|id|name|count|fingerprint)$"),
        flag=any_case(r"(?<![\w-])--?(?P<name>[a-z][\w-]*+)(?P<quote>(?!))?[ \t]++(?=[^\s-])"),
        place=any_case(r"(?:^|[_-])(?:fd|file|path|env|credentials?)$"),
        header=any_case(r"(?:authorization|cookie)$"),
        entry=any_case(_NAME),
        escape=any_case(r"(?<=%)(?:25)*[0-9a-f]{2}|(?<=\\)(?:u[0-9a-f]{4}|x[0-9a-f]{2}|[nrt])"),
        scheme=any_case(_SCHEMES),
        opening=any_case(rf"(?:[bruf]{{1,2}}(?=[\"'\\]))?(?P<quote>{_QUOTE})"),
        bare=re.compile(_BARE),
        after=re.compile(r"\s*+(?:[,;)\]}]|\Z)"),
        structure=any_case(rf"(?P<quote>{_QUOTE})|[\[({{\])}}]"),
        url=any_case(rf"(?<![a-z0-9+.-])(?P<scheme>[a-z0-9+.-]++)(?:{_MARK})"),
        url_user=any_case(r"""(?:(?!%(?:25)*(?:2f|40))[^/@\s"'<>])*+(?P<end>@|%(?:25)*40)"""),
        url_rest=re.compile(r"""[^\s"'<>]*+"""),
        hook=re.compile(
            r"(?P<name>/services/(?=T[A-Z0-9]+/B)|hooks\.slack\.com/(?:workflows|triggers)/|/api/webhooks/|/bot(?=\d{6,}:))"
            r"""[^\s"'<>?&]++"""
        ),
        key=re.compile(
            r"(?<![\w-])(?:\d{8,10}:[\w-]{35}(?![\w-])|xox[a-z]-[\w-]{8,}+|eyJ[\w-]{8,}+\.[\w-]{8,}+\.[\w-]*+)"
        ),  # of a Telegram bot, of Slack, a JSON Web Token
        bearer=re.compile(r"\b(?P<scheme>Bearer|CloudSession)(?P<gap>\s+|%20|\+)[A-Za-z0-9._~+/=-]{8,}+"),
        pem=re.compile(rf"-----BEGIN {_PEM}.*?(?:-----END {_PEM}|\Z)", re.DOTALL),
    )


def is_secret_name(name: str) -> bool:
    """Say whether what is called this is a secret."""
    patterns = _patterns()
    if name.lower() in _EXACTLY:
        return True
    is_named = patterns.named.search(name) is not None or patterns.exactly.search(name) is not None
    return is_named and patterns.told.search(name) is None


def without_named(text: str) -> str:
    """Return a text without what stands under a name of a secret, and without what URLs and keys tell."""
    text = _without_entries(without_addresses(text), _patterns().entry, _tells_a_secret)
    return _without_entries(text, _patterns().flag, _is_secret_option)


def without_addresses(text: str) -> str:
    """Return a text without what URLs tell, and without what looks like a key, whatever name it has."""
    patterns = _patterns()
    text = _without_urls(patterns.pem.sub(HIDDEN, text))
    text = patterns.hook.sub(rf"\g<name>{HIDDEN}", text)
    text = patterns.key.sub(HIDDEN, text)
    return patterns.bearer.sub(rf"\g<scheme>\g<gap>{HIDDEN}", text)


def _without_urls(text: str) -> str:
    patterns, kept, done = _patterns(), [], 0
    while (found := patterns.url.search(text, done)) is not None:
        kept.append(text[done : found.end()])
        done = found.end()
        user = patterns.url_user.match(text, done)
        if not any(each.lower().split("+")[0] in _PLAIN for each in _names(text, found, "scheme")):
            rest = patterns.url_rest.match(text, done)
            assert rest is not None
            done = rest.end()
            kept.append(HIDDEN if rest[0] else "")
        elif user is not None:
            done = user.end()
            kept.append(HIDDEN + user["end"])
    return "".join([*kept, text[done:]])


def _without_entries(text: str, entry: re.Pattern[str], tells: Callable[[str, re.Match[str]], bool]) -> str:
    kept, done = [], 0
    while (found := entry.search(text, done)) is not None:
        kept.append(text[done : found.end()])
        done = found.end()
        if tells(text, found):
            end = _value_end(text, found)
            value = text[done:end]
            kept.append(value if value.strip("\\\"'").lower() in _SHOWN else HIDDEN)
            done = end
    return "".join([*kept, text[done:]])


def _names(text: str, found: re.Match[str], group: str) -> tuple[str, ...]:
    """Return a name as it stands, and without what belongs to an escape before it: `26sign` and `sign` of `%26sign`."""
    start, end = found.span(group)
    escape = _patterns().escape.match(text, start, end)
    return (found[group],) if escape is None else (found[group], text[escape.end() : end])


def _tells_a_secret(text: str, found: re.Match[str]) -> bool:
    for name in _names(text, found, "name"):
        if name.lower() == "key":
            start = found.start()
            if _is_of_query(text, start) or text[max(0, start - 7) : start].lower().endswith(_TWO_WORDS):
                return True
        elif is_secret_name(name):
            return True
    return False


def _is_secret_option(_: str, found: re.Match[str]) -> bool:
    return is_secret_name(found["name"]) and _patterns().place.search(found["name"]) is None


def _is_of_query(text: str, start: int) -> bool:
    return text[max(0, start - 5) : start].lower().endswith(("?", "&", "&amp;", "%"))


def _value_end(text: str, found: re.Match[str]) -> int:
    """Return where the value of a name ends; headers of several words end with their line."""
    patterns, end = _patterns(), found.end()
    opening = patterns.opening.match(text, end)
    is_header = opening is None and found["quote"] is None and patterns.header.search(found["name"]) is not None
    if is_header and not _is_of_query(text, found.start()):
        newline = text.find("\n", end)
        return len(text) if newline < 0 else newline
    if opening is None and (scheme := patterns.scheme.match(text, end)) is not None:
        end = scheme.end()
        opening = patterns.opening.match(text, end)
    if opening is not None:
        end = _quoted_end(text, opening)
    while True:
        bare = patterns.bare.match(text, end)
        assert bare is not None
        end = bare.end()
        if text[end : end + 1] not in ("(", "[", "{"):
            return end
        end = _bracket_end(text, end)


def _quoted_end(text: str, opening: re.Match[str]) -> int:
    """Return where a quoted value ends.

    Within JSON that is quoted n times each quote has 2^n - 1 backslashes before it, and those of the value come in multiples of
    2^(n+1): so a quote closes that has as many as the opening one, or as many and such a multiple. The latter may be an escaped
    quote where somebody doubled the backslashes alone, as Python's repr does: then something that follows a value has to follow.
    """
    patterns, mark = _patterns(), opening["mark"]
    before = opening.end("mark") - opening.start("quote") - len(mark)
    for each in re.compile(rf"(?<!\\)\\*+{re.escape(mark)}", re.IGNORECASE).finditer(text, opening.end()):
        more = len(each[0]) - len(mark) - before
        if more == 0 or (more % (2 * (before + 1)) == 0 and patterns.after.match(text, each.end()) is not None):
            return each.end()
    return len(text)


def _bracket_end(text: str, at: int) -> int:
    """Return where the bracket that opens at `at` closes, past those inside and past what is quoted."""
    depth, structure = 0, _patterns().structure
    while (found := structure.search(text, at)) is not None:
        at = found.end()
        if found["quote"] is not None:
            at = _quoted_end(text, found)
        else:
            depth += 1 if found[0] in "([{" else -1
            if depth == 0:
                return at
    return len(text)
