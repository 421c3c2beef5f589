"""The one journal format: canonical bytes, records, chain and MAC, seals, verification. Pure: bytes in, values out."""

from .canonical import CanonicalError, canonical, parse_canonical
from .entry import Entry, EntryError, decode_entry, encode_entry, encode_signed
from .seal import Seal, SealError, read_seal, sign_seal, verify_seal
from .signature import signature_holds
from .verify import Chain, Fault, Report, Soundness, faults, verify_file, worst

__all__ = [
    "CanonicalError",
    "Chain",
    "Entry",
    "EntryError",
    "Fault",
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
