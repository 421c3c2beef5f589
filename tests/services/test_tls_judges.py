"""sslyze and testssl.sh against the server that `golive health serve` is, with a bundle as the script makes it."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import judge_tls
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from golive.security.certificate_maker import make_authority
from support.golive_process import GOLIVE, ROOT, Home
from support.mtls import odd_leaf

needs_sslyze = pytest.mark.skipif(
    judge_tls.sslyze_program() is None, reason="sslyze is not installed: python scripts/judge_tls.py build"
)
needs_testssl = pytest.mark.skipif(
    judge_tls.testssl_program() is None, reason="testssl.sh (Debian package testssl.sh) is not installed"
)


@dataclass(frozen=True)
class Judged:
    target: str
    bundle: judge_tls.Bundle


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    if judge_tls.sslyze_program() is None and judge_tls.testssl_program() is None:
        pytest.skip("neither sslyze nor testssl.sh is installed")
    home = Home(tmp_path_factory.mktemp("judged"))
    environment = {**home.env, "GOLIVE_HOME": str(home.path)}
    script = [sys.executable, str(ROOT / "scripts/generate_mtls_bundle.py"), "generate"]
    given = "a passphrase of the authority\n"
    made = subprocess.run(script, env=environment, input=given, capture_output=True, text=True, check=False, timeout=60)
    assert made.returncode == 0, made.stderr
    serve = [*GOLIVE, "health", "serve", "--port", "0", "--home", str(home.path)]
    with subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            port = re.fullmatch(r"serving on 127\.0\.0\.1:(\d+)\n", said)
            assert port is not None, said
            yield Judged(f"localhost:{port[1]}", judge_tls.Bundle(home.path / "secrets/mtls"))
        finally:
            server.terminate()
            server.wait(20)


def standing(found: list[judge_tls.Finding]) -> list[judge_tls.Finding]:
    return [each for each in found if not each.why_it_stands_not]


@needs_sslyze
def test_sslyze_finds_the_profile_of_mozilla_kept_but_for_what_is_known(judged: Judged) -> None:
    found = judge_tls.by_sslyze(judged.target, judge_tls.client_options(judged.bundle))
    assert standing(found) == []
    assert {each.name for each in found} == {
        name for name in judge_tls.KNOWN if name.startswith("sslyze")
    }  # else no excuse is needed
    ca, leaf = judged.bundle.file("ca"), judged.bundle.file("server")
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", ca, "-purpose", "sslserver", "-verify_hostname", "localhost", leaf]
    assert subprocess.run(verify, check=False, capture_output=True, text=True).stdout.endswith(": OK\n")


@needs_sslyze
def test_without_a_certificate_sslyze_does_not_get_as_far_as_a_verdict(judged: Judged) -> None:
    with pytest.raises(judge_tls.CannotSay, match="no verdict"):
        judge_tls.by_sslyze(judged.target)


@needs_testssl
def test_testssl_knows_no_attack_on_it(judged: Judged) -> None:
    assert standing(judge_tls.by_testssl(judged.target, judged.bundle, quick=True)) == []


@pytest.mark.slow
@needs_testssl
def test_testssl_finds_nothing_at_all_that_stands(judged: Judged) -> None:
    assert standing(judge_tls.by_testssl(judged.target, judged.bundle, quick=False)) == []


@needs_sslyze
def test_the_judge_sees_a_server_that_does_not_keep_the_profile(tmp_path: Path) -> None:
    with weak_server(tmp_path) as target:
        found = judge_tls.by_sslyze(target)
    assert {"sslyze ciphers", "sslyze tls_versions"} & {each.name for each in standing(found)}


def test_what_is_known_stands_against_it_in_other_words() -> None:
    assert judge_tls.Finding("sslyze tls_curves", "TLS curves {'secp521r1'} are supported, but …").why_it_stands_not
    for name, text in (
        ("sslyze tls_curves", "TLS curves {'secp192r1', 'secp521r1'} are supported"),
        ("sslyze ciphers", "TLS curves {'secp521r1'} are supported"),
        ("sslyze certificate_path_validation", "Certificate path validation failed for O=Golive. FAILED - expired"),
        ("testssl cert_revocation", "revoked"),
        ("testssl scanProblem", ""),
    ):
        assert not judge_tls.Finding(name, text).why_it_stands_not


@contextlib.contextmanager
def weak_server(folder: Path) -> Iterator[str]:
    """Serve TLS 1.2 with a suite of CBC and SHA-1 to whoever connects, until the block ends."""
    authority = make_authority(time.time_ns())
    leaf = odd_leaf(authority, usages=[ExtendedKeyUsageOID.SERVER_AUTH])
    (folder / "c.pem").write_bytes(leaf.certificate)
    (folder / "k.pem").write_bytes(leaf.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "c.pem", folder / "k.pem")
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA")
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        ended = threading.Event()

        def serve() -> None:
            listening.settimeout(0.1)
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    threading.Thread(target=greet, args=(listening.accept()[0],), daemon=True).start()

        def greet(client: socket.socket) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(client, server_side=True) as secured:
                secured.settimeout(5)
                secured.recv(100)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()
