"""Which cryptography the sources use: approved primitives alone, each in the table of docs/security/cryptography.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from golive.model.clock import DAY
from golive.security import operators, vault
from golive.security.certificate_maker import AUTHORITY_LIFE_NS, LEAF_DAYS
from golive.security.rotation import INTERVAL_NS
from golive.security.session_token import LONGEST_MINUTES, SHORTEST_MINUTES
from support.sources import nodes, texts

PAGE = (Path(__file__).resolve().parents[2] / "docs/security/cryptography.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([^`]+)` \| (\d+|passphrase) \| ", re.MULTILINE)
INVENTORY: dict[str, str] = dict(_ROW.findall(PAGE))

NAMES = {
    "SHA256": "SHA256", "SHA384": "SHA384", "SHA512": "HMAC-SHA512", "sha256": "SHA256", "sha384": "SHA384", "sha512": "HMAC-SHA512",
    "SECP256R1": "SECP256R1", "Ed25519PrivateKey": "Ed25519", "Ed25519PublicKey": "Ed25519", "AESGCM": "AESGCM",
    "Argon2id": "Argon2id", "HKDFExpand": "HKDFExpand", "HKDF": "HKDFExpand", "scrypt": "scrypt", "Scrypt": "PKCS8",
    "PKCS8": "PKCS8", "Cipher": "PKCS8", "AES256": "PKCS8", "CBC": "PKCS8", "PKCS7": "PKCS8", "pyrage": "age", "SSLContext": "TLS",
    "create_default_context": "TLS",
}  # fmt: skip
"""what the sources call a primitive → its row"""
PLAIN = {
    "x509", "load_pem_x509_certificate", "load_pem_private_key", "InvalidSignature", "InvalidTag", "UnsupportedAlgorithm", "NameOID",
    "ExtendedKeyUsageOID", "Encoding", "NoEncryption", "PEM", "DER", "generate_private_key", "EllipticCurvePrivateKey",
    "EllipticCurvePublicKey", "KeySerializationEncryption", "PrivateFormat", "PublicFormat", "Raw", "algorithms", "modes", "file_digest", "new", "digest", "compare_digest",
    "cert_time_to_seconds", "DER_cert_to_PEM_cert", "_Hash", "hashes", "ec", "serialization", "ObjectIdentifier", "HMAC", "ECDSA", "load_der_private_key",
    "SSLError", "SSLCertVerificationError", "SSLObject", "SSLSocket", "TLSVersion", "EllipticCurve", "InvalidKey", "CertificateError",
}  # fmt: skip
"""names that choose no primitive: encodings, errors, types, readers; a digest's name is looked at on its own"""
_ROOMS = (
    "cryptography",
    "hashlib",
    "hmac",
    "ssl",
    "Crypto",
    "Cryptodome",
    "nacl",
    "pyrage",
    "OpenSSL",
    "ecdsa",
    "rsa",
    "bcrypt",
    "argon2",
)
GUESSABLE = {
    "backtest/search.py": "sets of a sweep", "runtime/venue_opening.py": "waits", "runtime/explain/venue_word.py": "waits",
    "runtime/panic/brake.py": "waits", "runtime/live/desk_opening.py": "waits", "runtime/live/reconcile_consent.py": "waits",
    "venues/after_fault.py": "waits", "venues/factory.py": "waits", "venues/keeper.py": "waits", "venues/call_path.py": "waits",
    "venues/profile.py": "waits", "venues/adapter.py": "waits",
}  # fmt: skip
"""who draws what may be guessed, and what"""
NAMED_BY_UUID = {
    "runtime/evidence.py": "an alert", "runtime/emergency.py": "an alert", "runtime/live_surroundings.py": "an alert",
    "runtime/session.py": "a run", "runtime/alerts/selftest.py": "an alert", "runtime/window/announce.py": "an alert",
    "security/embedded.py": "the form of a key name, of 16 bytes of `secrets`",
}  # fmt: skip
"""a UUID is a name that is given once, and nobody is let in by knowing it"""


def primitives(found: Sequence[ast.AST]) -> Iterator[str]:
    """Yield what a module takes out of a room of cryptography, and each digest that it names by a text."""
    imports = [node for node in found if isinstance(node, ast.Import | ast.ImportFrom)]
    taken = {
        each.name
        for node in imports
        for each in node.names
        if _is_room(node.module if isinstance(node, ast.ImportFrom) else each.name)
    }
    taken = {name for name in taken if name.islower()} - {"pyrage", "x509"}
    for node in found:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] in set(_ROOMS) - {"hashlib", "hmac", "ssl"})
        elif isinstance(node, ast.ImportFrom) and _is_room(node.module):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in taken:
            yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "hmac.new",
            "hmac.digest",
            "hashlib.new",
            "hashlib.file_digest",
        ):
            yield from (each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str))
        if isinstance(node, ast.Name | ast.Attribute | ast.Constant) and _WEAKENED.fullmatch(_word(node)):
            yield _word(node)


_WEAKENED = re.compile(
    r"CERT_NONE|check_hostname|_create_unverified_context|PROTOCOL_(?:TLSv1|TLSv1_1|SSLv2|SSLv3|SSLv23)|verify_ssl|"
    r"(?i:md4|md5|sha-?1|ripemd160|ecb|des3?|3des|tripledes|arc4|rc4|blowfish|pkcs1v15)"
)


def _is_room(name: str | None) -> bool:
    return (name or "").split(".")[0] in _ROOMS


def _word(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return str(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def unknown(found: Sequence[ast.AST]) -> list[str]:
    return sorted({name for name in primitives(found) if name not in NAMES and name not in PLAIN})


def drawn(found: Sequence[ast.AST]) -> set[str]:
    """Return which of `random` and `uuid` a module takes."""
    names = {each.name for node in found if isinstance(node, ast.Import) for each in node.names}
    return (names | {node.module or "" for node in found if isinstance(node, ast.ImportFrom)}) & {"random", "uuid"}


_HINT = re.compile(rf"(?:import|from) [\w., ]*\b(?:{'|'.join((*_ROOMS, 'random', 'uuid'))})\b|\b(?:{_WEAKENED.pattern})\b")
MODULES = [path for path, text in texts().items() if _HINT.search(text)]
"""modules whose text could name any of it: the others are not parsed"""


def test_every_primitive_of_the_sources_is_approved_and_in_the_table() -> None:
    assert {path: names for path in MODULES if (names := unknown(nodes(path)))} == {}
    used = {NAMES[name] for path in MODULES for name in primitives(nodes(path)) if name in NAMES}
    assert sorted(used - INVENTORY.keys()) == [], "add it to docs/security/cryptography.md"
    assert sorted(INVENTORY.keys() - used - {"HMAC-SHA256", "TLS", "secrets", "random"}) == [], "in the table, and not used"
    assert {path for path in MODULES if {"Cipher", "CBC"} & set(primitives(nodes(path)))} == {"security/encrypted_key.py"}, (
        "a cipher that does not say whether it was changed is for the file of a key alone"
    )


def test_no_primitive_of_the_table_is_weaker_than_128_bits() -> None:
    assert {name: bits for name, bits in INVENTORY.items() if bits != "passphrase" and int(bits) < 128} == {"random": "0"}


def test_what_must_not_be_guessed_is_drawn_by_the_system() -> None:
    found = {path: drawn(nodes(path)) for path in MODULES}
    assert {path for path, rooms in found.items() if "random" in rooms} == GUESSABLE.keys()
    assert {path for path, rooms in found.items() if "uuid" in rooms} == NAMED_BY_UUID.keys()
    drawing = ("storage/key_file.py", "storage/production_keys.py")
    for path in ("security/session_token.py", "security/operators.py", "security/embedded.py", *drawing):
        assert re.search(r"secrets\.token_(?:bytes|hex)\(", texts()[path]), path


def test_the_page_tells_the_costs_and_lives_that_are_used() -> None:
    costs, made = vault.LEAST, operators.PassphraseHash(b"", b"")
    for told in (
        f": {costs.memory_kib // 1024} MiB, {costs.iterations} passes, {costs.lanes} lanes",
        f": N = 2^{made.n.bit_length() - 1}, r = {made.r}, p = {made.p} ",
        f"| {SHORTEST_MINUTES} to {LONGEST_MINUTES} minutes |",
        f"| {LEAF_DAYS} days |",
        f"| {AUTHORITY_LIFE_NS // (365 * DAY)} year (",
        f"| {INTERVAL_NS // DAY} days (",
    ):
        assert told in PAGE, told


@pytest.mark.parametrize(
    "source",
    [
        "import hashlib\nhashlib.md5(b'')", "import hashlib\nhashlib.new('sha1')", "from hashlib import md5", "import hmac\nhmac.new(k, m, 'md5')",
        "import hmac, hashlib\nhmac.new(k, m, hashlib.sha1)",
        "from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes\nCipher(algorithms.AES(k), modes.ECB())",
        "from cryptography.hazmat.primitives.asymmetric import rsa", "from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15",
        "from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES", "import Crypto.Cipher.DES", "import rsa",
        "import ssl\nssl._create_unverified_context()", "import ssl\ncontext.verify_mode = ssl.CERT_NONE", "context.check_hostname = False",
    ],
)  # fmt: skip
def test_what_is_looked_for_would_be_found(source: str) -> None:
    assert unknown(tuple(ast.walk(ast.parse(source))))
