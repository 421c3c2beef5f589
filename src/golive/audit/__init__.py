"""The one journal format: canonical bytes, records, chain and MAC, seals, verification. Pure: bytes in, values out."""

from .canonical import CanonicalError, canonical, parse_canonical
from .chain import Chain
from .entry import Entry, EntryError, decode_entry, encode_entry, encode_signed
from .fault import Fault, Soundness
from .ratchet import NO_KEYS, MacKeys
from .seal import Seal, SealError, read_seal, sign_seal, verify_seal
from .signature import signature_holds
from .verify import Report, faults, verify_file, worst

__all__ = [
    "NO_KEYS",
    "CanonicalError",
    "Chain",
    "Entry",
    "EntryError",
    "Fault",
    "MacKeys",
    "Report",
    "Seal",
    "SealError",
    "Soundness",
    "canonical",
    "decode_entry",
    "encode_entry",
    "encode_signed",
    "faults",
    "parse_canonical",
    "read_seal",
    "sign_seal",
    "signature_holds",
    "verify_file",
    "verify_seal",
    "worst",
]
