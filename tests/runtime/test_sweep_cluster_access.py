from pathlib import Path

import pytest

from golive.model.errors import ConfigError
from golive.runtime.sweep_cluster import ClusterAccess


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://scheduler.example.org:1", "tcp://[::1]:65535"])
def test_an_address_is_a_host_and_a_port(address: str) -> None:
    access = ClusterAccess(address)
    assert access.address == address
    assert (access.host, access.port) in (("127.0.0.1", 8786), ("scheduler.example.org", 1), ("::1", 65535))


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "foo://x:1", "127.0.0.1:8786", "tcp://127.0.0.1", "tcp://:8786", "tcp://x:0", "tcp://x:65536", "tcp://::1:8786",
     "tcp://x:8786/", "tcp://x:8786\n", " tcp://x:8786", "tcp://user@x:8786"],
)  # fmt: skip
def test_another_form_is_refused_in_one_line(address: str) -> None:
    with pytest.raises(ConfigError, match="give a scheduler as tcp://host:port or tls://host:port") as refused:
        ClusterAccess(address)
    assert "\n" not in str(refused.value)


def test_tls_needs_its_three_files_by_the_names_of_their_options(tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.touch()
    with pytest.raises(ConfigError, match="give --cluster-ca, --cluster-cert, --cluster-key"):
        ClusterAccess("tls://x:1")
    with pytest.raises(ConfigError, match=r"give --cluster-cert$"):
        ClusterAccess("tls://x:1", file, None, file)
    with pytest.raises(ConfigError, match=f"no such file: --cluster-key {tmp_path / 'none'}"):
        ClusterAccess("tls://x:1", file, file, tmp_path / "none")
    assert ClusterAccess("tls://x:1", file, file, file).tls_key == file


def test_files_without_tls_are_refused_as_nothing_would_be_encrypted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tcp:// is not encrypted"):
        ClusterAccess("tcp://x:1", tmp_path)
