"""The tamper suite: whatever is done to a journal's bytes is found, and each kind of damage has its verdict."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from golive.audit import Chain, Seal, SealError, Soundness, canonical, encode_signed, faults, read_seal, sign_seal, verify_file
from golive.audit import verify_seal as check_seal
from golive.audit.entry import SEGMENT_CLOSED, SEGMENT_OPENED, decode_entry, encode_entry
from golive.model.json import JsonObject

KEY = b"k" * 32
SIGNING = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PUBLIC = SIGNING.public_key().public_bytes_raw()
HEADER: JsonObject = {"log_id": "test/1", "code_version": "0.1", "config_sha384": "c" * 96}


def lines_of(*drafts: tuple[str, JsonObject], seq: int = 0, prev: str = "", key: bytes = KEY) -> list[bytes]:
    """Chained lines with their newlines."""
    lines = []
    for kind, body in drafts:
        seq += 1
        line, prev = encode_signed(
            key,
            {
                "v": 1, "seq": seq, "ts": "2026-01-01T00:00:00Z", "mono": "1", "boot": "b", "epoch": 1, "key_id": "k1",
                "operator": "anna", "type": kind, "body": {**body, "key_class": "development"}, "prev": prev,
            },
        )  # fmt: skip
        lines.append(line + b"\n")
    return lines


NOTES: list[tuple[str, JsonObject]] = [("note", {"n": n, "mac": "x", "text": f'"mac":"{n}",'}) for n in range(4)]
JOURNAL = lines_of(("header", HEADER), *NOTES)


def tree_head(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, as it is written there."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_head(leaves[:split]) + tree_head(leaves[split:])).digest()


def seal_of(lines: list[bytes]) -> bytes:
    data = b"".join(lines)
    last, _ = decode_entry(lines[-1][:-1])
    digest = hashlib.sha256(data).hexdigest()
    root = tree_head([line[:-1] for line in lines]).hex()
    return sign_seal(Seal("test/1", len(data), last.seq, last.mac, digest, "2026-01-01T00:00:01Z", "s1", root), SIGNING)


def verdict(data: bytes, seal: bytes | None = None, keys: dict[str, bytes] | None = None) -> Soundness:
    chain = Chain({"k1": KEY} if keys is None else keys)
    return verify_file(data, chain, seal=seal, seal_keys={"s1": PUBLIC}).soundness


def test_a_sound_journal_has_no_faults() -> None:
    assert list(faults(JOURNAL, KEY)) == []
    assert verdict(b"".join(JOURNAL)) is Soundness.CLEAN
    assert verdict(b"".join(JOURNAL), seal_of(JOURNAL)) is Soundness.CLEAN


def test_a_record_reads_back_and_encodes_to_its_own_bytes() -> None:
    for line in JOURNAL:
        entry, _ = decode_entry(line[:-1])
        assert encode_entry(entry) == line[:-1]


def test_every_single_bit_flip_is_found_and_under_a_seal_is_tampering() -> None:
    data, seal = b"".join(JOURNAL), seal_of(JOURNAL)
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        assert verdict(bytes(flipped)) in (Soundness.TAMPERED, Soundness.TORN_TAIL, Soundness.CANNOT_SAY), position
        assert verdict(bytes(flipped), seal) is Soundness.TAMPERED, position


def test_without_the_mac_key_only_an_untrue_key_id_or_a_torn_tail_escape_the_verdict_tampered() -> None:
    """Which flips are not plain tampering for the host: only those that leave nothing to check a MAC against."""
    data = b"".join(JOURNAL)
    mild = set()
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        if verdict(bytes(flipped)) is not Soundness.TAMPERED:
            mild.add(position // 8)
    key_ids = {at + shift for at in _all(data, b'"key_id":"k1"') for shift in (10, 11)}
    assert mild <= key_ids | {len(data) - 1}


def _all(data: bytes, part: bytes) -> list[int]:
    found, at = [], data.find(part)
    while at >= 0:
        found.append(at)
        at = data.find(part, at + 1)
    return found


@pytest.mark.parametrize("gone", range(len(JOURNAL) - 1))
def test_a_deleted_record_is_found(gone: int) -> None:
    left = JOURNAL[:gone] + JOURNAL[gone + 1 :]
    assert verdict(b"".join(left)) is Soundness.TAMPERED
    assert list(faults(left, KEY))


@pytest.mark.parametrize(("first", "second"), [*pairwise(range(len(JOURNAL))), (1, 4)])
def test_swapped_records_are_found(first: int, second: int) -> None:
    swapped = list(JOURNAL)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    assert verdict(b"".join(swapped)) is Soundness.TAMPERED


@pytest.mark.parametrize("at", range(1, len(JOURNAL) + 1))
def test_a_record_spliced_in_from_another_journal_is_found(at: int) -> None:
    other = lines_of(("header", {**HEADER, "log_id": "test/2"}), *(("note", {"n": 9}) for _ in range(5)))
    assert verdict(b"".join([*JOURNAL[:at], other[at], *JOURNAL[at:]])) is Soundness.TAMPERED
    assert verdict(b"".join([*JOURNAL[:at], *JOURNAL[at - 1 :]])) is Soundness.TAMPERED


@pytest.mark.parametrize("kept", range(len(JOURNAL)))
def test_a_cut_at_a_record_boundary_is_seen_through_the_seal_and_not_without_it(kept: int) -> None:
    cut = b"".join(JOURNAL[:kept])
    assert verdict(cut, seal_of(JOURNAL)) is Soundness.TAMPERED
    assert verdict(cut) is (Soundness.CLEAN if kept else Soundness.CANNOT_SAY)


def test_a_rewritten_journal_with_good_macs_is_seen_through_the_seal() -> None:
    rewritten = lines_of(("header", HEADER), *(("note", {"n": n + 1}) for n in range(4)))
    assert verdict(b"".join(rewritten)) is Soundness.CLEAN
    assert verdict(b"".join(rewritten), seal_of(JOURNAL)) is Soundness.TAMPERED


def test_records_behind_the_seal_are_judged_by_their_macs() -> None:
    seal = seal_of(JOURNAL[:3])
    assert verdict(b"".join(JOURNAL), seal) is Soundness.CLEAN
    assert verdict(b"".join(JOURNAL).replace(b'"n":3', b'"n":7'), seal) is Soundness.TAMPERED


def test_a_torn_tail_is_neither_clean_nor_tampering() -> None:
    data = b"".join(JOURNAL)
    assert verdict(data + b'{"body":') is Soundness.TORN_TAIL
    assert verdict(data[:-1]) is Soundness.TORN_TAIL
    assert "torn tail" in next(faults([*JOURNAL, b'{"body"'], KEY))


def test_a_missing_mac_key_cannot_say_unless_the_seal_covers_every_record() -> None:
    data = b"".join(JOURNAL)
    assert verdict(data, keys={}) is Soundness.CANNOT_SAY
    assert verdict(data, seal_of(JOURNAL), keys={}) is Soundness.CLEAN
    assert verdict(data.replace(b'"n":2', b'"n":7'), seal_of(JOURNAL), keys={}) is Soundness.TAMPERED
    assert verdict(data, seal_of(JOURNAL[:4]), keys={}) is Soundness.CANNOT_SAY


def test_a_wrong_key_is_a_bad_mac() -> None:
    assert verdict(b"".join(JOURNAL), keys={"k1": b"x" * 32}) is Soundness.TAMPERED


@pytest.mark.parametrize(
    ("drafts", "words"),
    [
        ([("note", {})], "first record is 'note'"),
        ([("header", {"log_id": "a", "code_version": "b"})], "config_sha384"),
        ([("header", HEADER), ("header", HEADER)], "only be the first record"),
        ([("header", HEADER), (SEGMENT_CLOSED, {}), ("note", {})], "after segment_closed"),
    ],
)
def test_records_in_the_wrong_place_are_found(drafts: list[tuple[str, JsonObject]], words: str) -> None:
    assert any(words in fault for fault in faults(lines_of(*drafts), KEY))


def test_a_gap_is_found_even_when_every_link_and_mac_holds() -> None:
    first = lines_of(("header", HEADER))
    head, _ = decode_entry(first[0][:-1])
    later = lines_of(("note", {}), seq=4, prev=head.mac)
    assert list(faults([*first, *later], KEY)) == ["line 2 (seq 5): gap: sequence 5 follows 1"]


def test_a_record_without_its_key_class_is_found() -> None:
    fields: JsonObject = {
        "v": 1, "seq": 1, "ts": "t", "mono": "1", "boot": "b", "epoch": 1, "key_id": "k1", "operator": "o", "type": "header",
        "body": HEADER, "prev": "",
    }  # fmt: skip
    line, _ = encode_signed(KEY, fields)
    assert any("key_class" in fault for fault in faults([line + b"\n"], KEY))


def test_the_first_bad_record_is_named_once_and_the_rest_is_still_read() -> None:
    bad = list(JOURNAL)
    bad[2] = bad[2].replace(b'"n":1', b'"n":8')
    assert list(faults(bad, KEY)) == ["line 3 (seq 3): bad mac: the record is not what was written"]


def test_one_chain_runs_through_the_files_of_a_journal() -> None:
    first = lines_of(("header", HEADER), (SEGMENT_CLOSED, {"successor": "two"}))
    end, _ = decode_entry(first[-1][:-1])
    second = lines_of((SEGMENT_OPENED, HEADER), ("note", {}), seq=2, prev=end.mac)
    chain = Chain({"k1": KEY})
    assert verify_file(b"".join(first), chain, seal_keys={}).soundness is Soundness.CLEAN
    chain.next_file()
    assert verify_file(b"".join(second), chain, seal_keys={}).soundness is Soundness.CLEAN
    assert verdict(b"".join(second)) is Soundness.CANNOT_SAY
    stranger = lines_of((SEGMENT_OPENED, {**HEADER, "log_id": "test/9"}), seq=2, prev=end.mac)
    chain = Chain({"k1": KEY})
    verify_file(b"".join(first), chain, seal_keys={})
    chain.next_file()
    assert verify_file(b"".join(stranger), chain, seal_keys={}).soundness is Soundness.TAMPERED


def test_every_bit_flip_of_a_seal_is_found() -> None:
    seal = seal_of(JOURNAL)
    for position in range(len(seal) * 8):
        flipped = bytearray(seal)
        flipped[position // 8] ^= 1 << position % 8
        assert verdict(b"".join(JOURNAL), bytes(flipped)) in (Soundness.TAMPERED, Soundness.CANNOT_SAY), position


def test_a_seal_of_another_key_is_refused() -> None:
    with pytest.raises(SealError):
        check_seal(seal_of(JOURNAL), Ed25519PrivateKey.from_private_bytes(b"t" * 32).public_key().public_bytes_raw())
    unknown = verify_file(b"".join(JOURNAL), Chain({"k1": KEY}), seal=seal_of(JOURNAL), seal_keys={})
    assert unknown.soundness is Soundness.CANNOT_SAY


@pytest.mark.parametrize("document", [b"", b"{}\n", b"[]\n", canonical({"schema": "golive.seal.v1"}) + b"\n"])
def test_what_is_no_seal_is_refused(document: bytes) -> None:
    with pytest.raises(SealError):
        read_seal(document)
