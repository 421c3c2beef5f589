"""What may not lie in the repository, each rule broken once in a repository made for it; and this one, which breaks none."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import lint_paths
import pytest
from lint_secrets import NO_SECRETS, secrets

ROOT = Path(__file__).resolve().parents[2]
CHANCE = base64.b64encode(bytes(range(7, 250, 9))).decode()
"""27 bytes that look made by chance; no key of anything"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a clone-like place that git knows, with one harmless file."""
    if not (tmp_path / ".git").exists():
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "README.md").write_text("nothing to see\n")
    return tmp_path


Kept = Callable[[str, str | bytes], Path]


@pytest.fixture
def keep(repository: Path) -> Kept:
    def kept(name: str, content: str | bytes = "") -> Path:
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        subprocess.run(["git", "-C", str(repository), "add", "-f", name], check=True)
        return path

    return kept


def told(root: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[str]]:
    code = lint_paths.main([str(root), *options])
    return code, capsys.readouterr().out.splitlines()


def test_this_repository_is_clean_by_the_very_command_of_the_runbooks() -> None:
    done = subprocess.run([sys.executable, "scripts/lint_paths.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("files: nothing found\n")


def test_a_harmless_repository_is_clean(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(repository, capsys) == (0, ["1 files: nothing found"])


HOME = "/" + "home/alice/golive/config"
LINES = {
    "home": (f"see {HOME}\n", "a path of one machine"),
    "mac": ("see /" + "Users/alice/golive\n", "a path of one machine"),
    "root": ('open("/' + 'root/golive/x")\n', "a path of one machine"),
    "windows": ("C:" + "\\Users\\alice\\golive\n", "a path of one machine"),
    "windows_escaped": ('"D:' + '\\\\projects\\\\bot"\n', "a path of one machine"),
    "file_url": ("file:" + "///" + "home/alice/x\n", "a path of one machine"),
    "build": ("/" + "builds/team/bot/x\n", "a path of one machine"),
    "named": (f'api_secret = "{CHANCE}"\n', "a value under the name of one"),
    "typed": (f'PASSPHRASE: Final[str] = "{CHANCE}"\n', "a value under the name of one"),
    "wrapped": (f'api_key = Secret("{CHANCE}")\n', "a value under the name of one"),
    "json": (f'{{"apiKey": "{CHANCE}"}}\n', "a value under the name of one"),
    "aws": ("AK" + "IAQ4Z7J2M9X1B8C3D5\n", "an AWS key"),
    "github": ("gh" + "p_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R\n", "GitHub"),
    "slack": ("xox" + "b-123456789012-abcdefghijklmnopqrstuvwx\n", "Slack"),
    "telegram": ("12345678:" + "AAabcdefghijklmnopqrstuvwxyz0123456\n", "Telegram"),
    "jwt": ("ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P\n", "JSON Web Token"),
    "bare_home": ("HOME=/" + "home/alice\n", "a path of one machine"),
    "windows_slashes": ("C:/" + "Users/alice/golive\n", "a path of one machine"),
    "flag": ("-I/" + "home/alice/include\n", "a path of one machine"),
    "escaped_slashes": ('"\\/' + 'home\\/alice\\/x"\n', "a path of one machine"),
    "mounted": ("/" + "Volumes/Data/golive\n", "a path of one machine"),
    "default": (f'os.environ.setdefault("API_SECRET", "{CHANCE}")\n', "a value under the name of one"),
    "command": (f"bot --api-key {CHANCE}\n", "a value under the name of one"),
    "header": (f"Authorization: Bearer {CHANCE}\n", "a value under the name of one"),
    "xml": (f"<password>{CHANCE}</password>\n", "a value under the name of one"),
    "backticks": (f"const token = `{CHANCE}`\n", "a value under the name of one"),
    "address": (f"postgres://bot:{CHANCE.replace('/', 'x')}@db/x\n", "a password in an address"),
    "bot_address": ("https://api.telegram.org/bot12345678:" + "AAabcdefghijklmnopqrstuvwxyz0123456/getMe\n", "Telegram"),
    "openai": ("s" + "k-proj-" + CHANCE.replace("+", "x").replace("/", "y") + "0123\n", "a key of OpenAI"),
    "pem_base64": (
        base64.b64encode(b"-----BEGIN " + b"EC PRIVATE KEY-----\n" + CHANCE.encode() * 2).decode() + "\n",
        "a private key",
    ),
    "pem_comment": ("# -----BEGIN " + f"PRIVATE KEY-----\n# {CHANCE[:30]}\n# {CHANCE}\n", "a private key"),
    "pem_headers": (
        "-----BEGIN " + f"RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,00\n\n{CHANCE}{CHANCE}\n",
        "a private key",
    ),
    "pem": ("-----BEGIN " + f"EC PRIVATE KEY-----\n{CHANCE}{CHANCE}\n-----END EC PRIVATE KEY-----\n", "a private key"),
}


@pytest.mark.parametrize("case", LINES)
def test_a_line_that_tells_a_machine_or_a_secret_is_named(case: str, keep: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    line, what = LINES[case]
    path = keep("docs/notes.txt", "first\n" + line)
    code, lines = told(path.parents[1], capsys)
    assert code == 1
    assert len(lines) == 1, lines
    assert lines[0].startswith("docs/notes.txt:2: ")
    assert what in lines[0]
    assert CHANCE not in lines[0], "the finding shows the secret"


JUDGED = ["aws", "github", "slack", "jwt", "pem", "named"]
"""kinds that detect-secrets knows as well"""


def test_what_detect_secrets_names_is_found_here_too(tmp_path: Path) -> None:
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import transient_settings

    plugins = [
        "AWSKeyDetector",
        "GitHubTokenDetector",
        "SlackDetector",
        "JwtTokenDetector",
        "PrivateKeyDetector",
        "KeywordDetector",
    ]
    for case in JUDGED:
        (tmp_path / f"{case}.py").write_text(LINES[case][0])
    with transient_settings({"plugins_used": [{"name": name} for name in plugins]}):
        judge = SecretsCollection(root=str(tmp_path))
        for case in JUDGED:
            judge.scan_file(f"{case}.py")
    named = {Path(name).stem for name, _ in judge}
    assert named == set(JUDGED)
    assert {case for case in JUDGED if list(secrets(".py", LINES[case][0]))} == named


def test_a_secret_in_the_line_below_its_name_is_found() -> None:
    assert list(secrets(".py", f'api_secret = (\n    "{CHANCE}"\n)\n')) == [(2, "a value under the name of one")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_a_secret_in_another_encoding_is_found(encoding: str, keep: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    path = keep("docs/notes.txt", f"first\n{LINES['named'][0]}{LINES['home'][0]}".encode(encoding))
    code, lines = told(path.parents[1], capsys)
    assert (code, [line.split(": ")[0] for line in lines]) == (1, ["docs/notes.txt:2", "docs/notes.txt:3"])
    keep("core.yaml", "a: 1\na: 2\n".encode(encoding))
    keep("x.py", "import KryptoLowca\n".encode(encoding))
    assert len(told(path.parents[1], capsys)[1]) == 4


@pytest.mark.parametrize("wide", [False, True])
def test_a_key_within_a_binary_file_is_found(
    wide: bool, keep: Kept, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = LINES["github"][0].encode("utf-16-le" if wide else "ascii")
    keep("image.bin", bytes(range(256)) * 20 + secret + bytes(300))
    code, lines = told(repository, capsys)
    assert (code, lines) == (1, ["image.bin: a secret: a token of GitHub or GitLab; remove it, and replace the key itself"])


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\nb.txt", r"a\nb.txt"), ("caf\udce9.txt", r"caf\udce9.txt"), ("a\x1b[2K.txt", r"a\x1b[2K.txt")],
)  # fmt: skip
def test_an_odd_name_is_shown_in_one_line(
    name: str, shown: str, keep: Kept, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(name, LINES["named"][0])
    code, lines = told(repository, capsys)
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith(f"{shown}:1: a secret")


def test_a_new_line_in_a_name_hides_neither_secrets_nor_executables(
    keep: Kept, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep("secrets/a\nb", "x")
    keep("x.KEY\n", "x")
    keep("archive/run.py\n", "x")
    assert [line.split(": ")[0] for line in told(repository, capsys)[1]] == [r"archive/run.py\n", r"secrets/a\nb", r"x.KEY\n"]


def test_a_link_to_an_executable_and_a_mode_that_only_git_keeps_are_executables_of_the_archive(
    keep: Kept, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep("scripts/run.py", "x")
    (repository / "archive").mkdir()
    (repository / "archive/run").symlink_to("../scripts/run.py")
    keep("archive/kept", "x")
    subprocess.run(["git", "-C", str(repository), "update-index", "--chmod=+x", "archive/kept"], check=True)
    assert [line.split(": ")[0] for line in told(repository, capsys)[1]] == ["archive/kept", "archive/run"]


def test_imports_of_a_script_without_suffix_and_of_a_notebook_are_found(
    keep: Kept, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep("run", "#!/usr/bin/env python3\nimport KryptoLowca\n")
    keep("x.pyw", "import KryptoLowca\n")
    cell = '{"cells": [{"cell_type": "code", "source": ["%matplotlib\\n", "from KryptoLowca import x"]}]}'
    keep("study.ipynb", cell)
    keep("words.ipynb", cell.replace('"code"', '"markdown"'))
    assert [line.split(": ")[0] for line in told(repository, capsys)[1]] == ["run:2", "study.ipynb:2", "x.pyw:1"]


PLAIN = [
    'secret = "a-placeholder-to-be-replaced"', 'password: "${ALERT_PASSWORD}"', "token = new_token(seconds=900)", 'api_key="…"',
    "/var/lib/golive/state", "GET /users/self/verify", "https://example.org/home/alice", "<home>/config", "~/golive/x", "C:\\",
    "-----BEGIN " + "PRIVATE KEY-----",
]  # fmt: skip


@pytest.mark.parametrize("line", PLAIN)
def test_what_only_resembles_a_machine_path_or_a_secret_is_left_alone(line: str) -> None:
    assert list(secrets(".yaml", line)) == []
    assert list(lint_paths.machine_paths("x.txt", line, Path("/nowhere/at/all"))) == []


def test_the_path_of_the_clone_itself_is_a_path_of_one_machine(keep: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    path = keep("notes.txt", "x")
    path.write_text(f"cd {path.parent}/src\n")
    assert told(path.parent, capsys) == (
        1,
        ["notes.txt:1: the path of this clone; write it relative to the project or to --home"],
    )


@pytest.mark.parametrize(
    "name", ["secrets/vault.bin", ".env", "deploy/.env.live", "home/.netrc", "ops/id_ed25519", "ca/bundle.p12"]
)
def test_a_file_by_the_name_of_a_secret_is_one(
    name: str, keep: Kept, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(name, "x")
    code, lines = told(repository, capsys)
    assert code == 1
    assert [line.split(": ")[0] for line in lines] == [name]


def test_a_value_without_quotes_is_a_secret_in_yaml_only(
    keep: Kept, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep("deploy/values.yaml", f"api_key: {CHANCE}\n")
    keep("src/x.py", f"# api_key: {CHANCE}\n")
    code, lines = told(repository, capsys)
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith("deploy/values.yaml:1: a secret")


IMPORTS = [
    "import KryptoLowca", "import os, KryptoLowca.bot as bot", "from KryptoLowca.core import engine", "from . import KryptoLowca",
    'import importlib\nimportlib.import_module("KryptoLowca.core")', '__import__("KryptoLowca")', "def f():\n    import KryptoLowca",
    'import pytest\npytest.importorskip("KryptoLowca.ai")',
    'from importlib import import_module as f\nf("KryptoLowca")',
    'import importlib as il\nf = il.import_module\ng = f\ng(name="KryptoLowca.core")',
    'load = getattr(__import__("importlib"), "import_module")\nload("KryptoLowca")',
    'import importlib\ngetattr(importlib, "import_module")("KryptoLowca")',
    'from functools import partial\nfrom importlib import import_module\npartial(import_module, "KryptoLowca")()',
    'from importlib import import_module\nNAME = "Krypto" + "Lowca"\nimport_module(f"{NAME}.core")',
    'from importlib import import_module\nimport_module(".".join(["KryptoLowca", "core"]))',
    'exec("import KryptoLowca")', 'import pkgutil\npkgutil.resolve_name("KryptoLowca.core:run")',
    'import importlib\nvars(importlib)["import_module"]("KryptoLowca")',
]  # fmt: skip


@pytest.mark.parametrize("source", IMPORTS)
def test_an_import_of_the_legacy_package_is_found_by_the_syntax_tree(source: str) -> None:
    assert [found.text for found in lint_paths.legacy_imports("x.py", source)] == ["imports KryptoLowca; remove the import"]


def test_words_about_the_legacy_package_are_no_import_and_what_is_no_python_is_a_finding() -> None:
    assert list(lint_paths.legacy_imports("x.py", '"""import KryptoLowca"""\n# import KryptoLowca\nx = "KryptoLowca"')) == []
    assert [found.line for found in lint_paths.legacy_imports("x.py", "x = 1\nimport KryptoLowca as\n")] == [2]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1\nb: 2\na: 3\n", [3]),
        ("top:\n  x: {k: 1, k: 2}\n", [2]),
        ("- {a: 1}\n- {a: 2}\n", []),
        ("a:\n  a: 1\n  b: [a, a, {a: 1, b: {a: 1}}]\nb: a\n", []),
        ("? [x, y]\n: 1\na: 1\n'a': 2\n", [4]),
        ("a: &x 1\nb: *x\na: 1\n", [3]),
        ("a: 1\n---\na: 2\n", []),
        ("a: [1\n", [2]),
    ],
)
def test_a_key_twice_in_one_mapping_is_found(text: str, lines: list[int]) -> None:
    assert [found.line for found in lint_paths.duplicate_keys("x.yaml", text)] == lines


def test_a_large_file_is_refused_once_it_is_kept(keep: Kept, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "scratch.bin").write_bytes(bytes(1_000_001))
    assert told(repository, capsys)[0] == 0
    keep("data.bin", bytes(1_000_001))
    keep("fits.bin", bytes(1_000_000))
    assert told(repository, capsys) == (1, ["data.bin: 1000001 bytes, more than 1000000; keep it elsewhere"])


def test_a_link_out_of_the_repository_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "out").symlink_to("../elsewhere")
    (repository / "absolute").symlink_to(repository / "README.md")
    (repository / "within").symlink_to("README.md")
    code, lines = told(repository, capsys)
    assert code == 1
    assert [line.split(": ")[0] for line in lines] == ["absolute", "out"]


@pytest.mark.parametrize(("name", "mode"), [("tool.py", 0o644), ("x/run.SH", 0o644), ("plain", 0o755), (".hidden/a.pyc", 0o644)])
def test_an_executable_in_the_archive_is_never_allowed(
    name: str, mode: int, repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = repository / "archive" / name
    path.parent.mkdir(parents=True)
    path.write_text("echo\n")
    path.chmod(mode)
    (repository / "archive/notes.md").write_text("as it was\n")
    finding = f"archive/{name}: an executable file under archive/; remove it, or its mode bit"
    assert told(repository, capsys) == (1, [finding])
    monkeypatch.setenv("LINT_PATHS_ALLOW_LEGACY", "1")
    code, lines = told(repository, capsys)
    assert (code, lines[-1]) == (1, finding)


def test_the_variable_allows_the_mere_presence_of_the_legacy_package_and_says_so(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "KryptoLowca").mkdir()
    (repository / "KryptoLowca/README").write_text("old\n")
    (repository / "archive").mkdir()
    leftovers = ["KryptoLowca/: a directory KryptoLowca/; remove it", "KryptoLowca/README: a file under KryptoLowca/; remove it"]
    assert told(repository, capsys) == (1, leftovers)
    monkeypatch.setenv("LINT_PATHS_ALLOW_LEGACY", "1")
    code, lines = told(repository, capsys)
    assert code == 0
    assert lines[0].startswith("notice: LINT_PATHS_ALLOW_LEGACY is set")
    assert lines[1:-1] == [*(f"notice: {each}" for each in leftovers), "notice: archive/: the directory is there"]
    code, lines = told(repository, capsys, "--strict")
    assert (code, lines[1:]) == (1, leftovers)
    assert lines[0] == "LINT_PATHS_ALLOW_LEGACY: set, and --strict refuses it; unset it and remove what it allows"
    (repository / "KryptoLowca/README").unlink()
    (repository / "KryptoLowca/bot.py").write_text(f'import KryptoLowca\npassword = "{CHANCE}"\n')
    code, lines = told(repository, capsys)
    assert (code, lines[-3:]) == (
        1,
        [
            "KryptoLowca/bot.py: an executable file under KryptoLowca/; remove it",
            "KryptoLowca/bot.py:1: imports KryptoLowca; remove the import",
            "KryptoLowca/bot.py:2: a secret: a value under the name of one; remove it, and replace the key itself",
        ],
    )


def test_strict_refuses_the_variable_even_where_nothing_is_wrong(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(repository, capsys, "--strict")[0] == 0
    monkeypatch.setenv("LINT_PATHS_ALLOW_LEGACY", "1")
    assert told(repository, capsys, "--strict")[0] == 1
    monkeypatch.setenv("LINT_PATHS_ALLOW_LEGACY", "0")
    assert told(repository, capsys, "--strict")[0] == 0


def test_values_that_open_nothing_are_known_by_their_digest_and_say_where_they_are_from() -> None:
    assert all(len(digest) == 64 and source for digest, source in NO_SECRETS.items())


def test_without_git_every_file_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "x.txt").write_text(f"{HOME}\n")
    assert told(tmp_path, capsys)[0] == 1
