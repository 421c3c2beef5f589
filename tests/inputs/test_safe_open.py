"""Files below a trusted root: what is no plain file of it is refused, at once and with a reason."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.inputs import InputRefused, read_beside, read_bytes, safe_open


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inside = tmp_path / "root"
    (inside / "a/b").mkdir(parents=True)
    (inside / "a/b/plain.json").write_bytes(b"content")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/plain.json").write_bytes(b"not yours")
    return inside


@pytest.mark.parametrize("rel", ["a/b/plain.json", "./a//b/./plain.json", Path("a/b/plain.json")])
def test_a_regular_file_is_read(root: Path, rel: str | Path) -> None:
    assert read_bytes(root, rel) == b"content"
    with safe_open(root, rel, most=7) as file:
        assert file.read() == b"content"


@pytest.mark.parametrize(
    ("rel", "why"),
    [
        ("../outside/plain.json", "leads out of"), ("a/../../outside/plain.json", "leads out of"), ("a/b/../b/plain.json", "leads out"),
        ("/etc/passwd", "an absolute name"), ("", "not the name"), (".", "not the name"), ("./", "not the name"), ("a/\0", "not the name"),
    ],
)  # fmt: skip
def test_a_name_that_leads_out_is_refused(root: Path, rel: str, why: str) -> None:
    with pytest.raises(InputRefused, match=why):
        read_bytes(root, rel)


def _link_to_file(root: Path) -> str:
    (root / "link.json").symlink_to("a/b/plain.json")
    return "link.json"


def _link_out(root: Path) -> str:
    (root / "link.json").symlink_to("../outside/plain.json")
    return "link.json"


def _link_to_nothing(root: Path) -> str:
    (root / "link.json").symlink_to("nothing")
    return "link.json"


def _linked_folder(root: Path) -> str:
    (root / "linked").symlink_to("a/b")
    return "linked/plain.json"


def _linked_folder_above(root: Path) -> str:
    (root / "linked").symlink_to("../outside", target_is_directory=True)
    (root.parent / "outside/deep").mkdir()
    (root.parent / "outside/deep/x").write_bytes(b"")
    return "linked/deep/x"


LINKS: list[Callable[[Path], str]] = [_link_to_file, _link_out, _link_to_nothing, _linked_folder, _linked_folder_above]


@pytest.mark.parametrize("made", LINKS)
def test_a_link_in_any_component_is_refused(root: Path, made: Callable[[Path], str]) -> None:
    with pytest.raises(InputRefused, match="a symbolic link; give the file itself"):
        read_bytes(root, made(root))


def test_the_root_itself_may_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "installation").symlink_to(root, target_is_directory=True)
    assert read_bytes(tmp_path / "installation", "a/b/plain.json") == b"content"


def _fifo(root: Path) -> str:
    os.mkfifo(root / "fifo")
    return "fifo"


def _socket(root: Path) -> str:
    here = Path.cwd()
    os.chdir(root)  # the name of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket")
    finally:
        os.chdir(here)
    return "socket"


@pytest.mark.timeout(5)
@pytest.mark.parametrize("made", [_fifo, _socket, lambda _: "a/b"])
def test_what_is_no_regular_file_is_refused_without_waiting(root: Path, made: Callable[[Path], str]) -> None:
    with pytest.raises(InputRefused, match=r"not a regular file|Is a directory"):
        read_bytes(root, made(root))


def test_a_device_is_refused() -> None:
    with pytest.raises(InputRefused, match="not a regular file"):
        read_bytes(Path("/dev"), "zero")


def test_a_file_beyond_the_bound_is_refused_before_it_is_read(root: Path) -> None:
    with (root / "long").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputRefused, match="longer than 100 bytes"):
        read_bytes(root, "long", most=100)
    assert read_bytes(root, "a/b/plain.json", most=7) == b"content"


def test_a_file_of_proc_that_says_it_is_empty_is_bounded_all_the_same() -> None:
    with pytest.raises(InputRefused, match="longer than 10 bytes"):
        read_bytes(Path("/proc/self"), "status", most=10)


def test_what_is_not_there_says_so(root: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No such file"):
        read_bytes(root, "a/nothing")
    with pytest.raises(NotADirectoryError):
        read_bytes(root, "a/b/plain.json/more")


def test_beside_means_that_the_folder_is_trusted_and_the_name_is_not_followed(root: Path) -> None:
    (root / "folder").symlink_to("a/b")
    assert read_beside(root / "folder/plain.json") == b"content"
    with pytest.raises(InputRefused):
        read_beside(root / _link_to_file(root))


def test_no_descriptor_stays_open(root: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for rel in ("a/b/plain.json", _link_to_file(root), _linked_folder(root), "a/b", "no/thing", _fifo(root)):
        try:
            read_bytes(root, rel)
        except OSError:
            continue
    assert len(list(Path("/proc/self/fd").iterdir())) == before
