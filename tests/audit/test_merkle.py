"""The Merkle tree of a journal file, held to the published vectors and to the definition of RFC 9162."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.audit.merkle import MerkleTree

# The test leaves and roots of Certificate Transparency (google/certificate-transparency, merkletree tests).
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def tree_head(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162 §2.1.1, as it is written there."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\x00" + leaves[0] if leaves else b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_head(leaves[:split]) + tree_head(leaves[split:])).digest()


@pytest.mark.parametrize(("count", "root"), list(enumerate(ROOTS, 1)))
def test_the_published_roots_come_out(count: int, root: str) -> None:
    assert MerkleTree(LEAVES[:count]).root() == root


@given(st.lists(st.binary(max_size=9), max_size=70))
def test_the_root_is_that_of_the_definition_after_every_leaf(leaves: list[bytes]) -> None:
    tree = MerkleTree()
    for count in range(len(leaves) + 1):
        assert (tree.root(), tree.size) == (tree_head(leaves[:count]).hex(), count)
        if count < len(leaves):
            tree.add(leaves[count])
