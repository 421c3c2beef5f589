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
    "file_url": ("file:/" + "//home/alice/x\n", "a path of one machine"),
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
