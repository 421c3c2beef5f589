from __future__ import annotations

from decimal import Decimal

import pytest

from golive.config.node import Entries, Scalar
from golive.config.problem import Problems, SourceFile
from golive.config.scalar import Trap, plain_value
from golive.config.strict_yaml import MAX_BYTES, MAX_DEPTH, read_document
from support.configuration import CORE, RUNTIME, changed, only_problem, parse, place, problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("12345678901234567", 12345678901234567),
        ("0.1", Decimal("0.1")),
        ("-0.10", Decimal("-0.10")),
        ("1m", "1m"),
        ("127.0.0.1", "127.0.0.1"),
        ("okx:BTC/USDT", "okx:BTC/USDT"),
        ("", None),
        ("~", None),
        ("null", None),
    ],
)
def test_a_plain_scalar_is_text_boolean_integer_or_exact_decimal(text: str, value: object) -> None:
    read = plain_value(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "No", "ON", "off", "y", "N", "True", "FALSE", "tRUE"),
        *(".inf", "-.Inf", "inf", "Infinity", "NaN", ".nan"),
        *("010", "-007", "00", "01.5", "0o17", "0x1F", "0b101", "1_000", "12:30:45", "-1:30", "1:30.5"),
        *("1e3", "1.5E-3", ".5", "5.", "+5", "+.5", "2026-01-10", "=", "1" * 39, "0." + "1" * 40, "1" * 300),
    ],
)
def test_a_scalar_that_readers_of_yaml_disagree_on_is_refused(text: str) -> None:
    assert isinstance(plain_value(text), Trap)


def test_a_number_never_passes_through_a_binary_float() -> None:
    core = changed(CORE, "max_daily_loss_pct: 0.015", "max_daily_loss_pct: 0.1000000000000000000000000000000000001")
    exact = parse(core=core).core.risk_profiles["balanced"].max_daily_loss_pct
    assert exact == Decimal("0.1000000000000000000000000000000000001")


@pytest.mark.parametrize(
    ("old", "new", "fragment", "words"),
    [
        ("environment: paper ", "environment: &kind paper ", "&kind", "anchor &kind is not allowed"),
        ("environment: paper ", "environment: *kind ", "*kind", "alias *kind is not allowed"),
        ("environment: paper ", "environment: !!str paper ", "!!str", "is not allowed"),
        ("  manual: ", "  <<: {}\n  manual: ", "<<", "merge key << is not allowed"),
        (
            "    max_position_pct: 0.05",
            "    max_open_positions: 4\n    max_position_pct: 0.05",
            "max_open_positions: 5",
            "duplicate",
        ),
        ("readiness:", "12: x\nreadiness:", "12: x", "key 12 is not text"),
        ("readiness:", "on: x\nreadiness:", "on: x", "on is a boolean to some readers"),
        ("readiness:", "null: x\nreadiness:", "null: x", "key null is not text"),
        ("readiness:", "[a]: x\nreadiness:", "[a]: x", "a key must be text"),
        ("demo_max_age_days: 7", "demo_max_age_days: 07", "07", "octal"),
        ("timeframe: 1m", "timeframe: 1m\n      more", "1m\n      more", "several lines"),
        ("environment: paper ", "environment:\tpaper ", "\t", "tab character"),
        ("environment: paper ", "environment: paper\x07 ", "\x07", "U+0007 is not printable"),
        ("timeframe: 1m", 'timeframe: "1m', None, "this is not YAML"),
    ],
)
def test_each_construct_whose_meaning_is_not_plain_is_refused_at_its_place(
    old: str, new: str, fragment: str | None, words: str
) -> None:
    core = changed(CORE, old, new)
    found = [problem for problem in problems(core=core) if words in problem.message]
    assert len(found) == 1, problems(core=core)
    if fragment is not None:
        assert str(found[0].position) == place(core, fragment, "core.yaml", after=CORE.index(old))


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    problem = only_problem(changed(RUNTIME, "  burst: 16", "  burst: 16\n  burst: 17"))
    first = RUNTIME[: RUNTIME.index("  burst: 16")].count("\n") + 1
    assert problem.message == f"duplicate key burst, first in line {first}"
    assert problem.position.line == first + 1


def test_bytes_that_are_not_utf_8_are_refused_at_the_byte() -> None:
    data = changed(CORE, "environment: paper ", "environment: pap\u00e9r ").encode("latin-1")
    [problem] = [p for p in problems(core=data) if "UTF-8" in p.message]
    assert problem.message == "byte 0xe9 is not UTF-8"
    text = data.decode("latin-1")
    assert str(problem.position) == place(text, "\u00e9", "core.yaml")


def test_a_byte_order_mark_a_second_document_and_a_directive_are_refused() -> None:
    assert "byte order mark" in only_problem("\ufeff" + RUNTIME).message
    second = only_problem(core=CORE + "---\nx: 1\n")
    assert "second document" in second.message
    assert second.position.line == CORE.count("\n") + 1
    assert "directives" in only_problem(core="%YAML 1.1\n---\n" + CORE).message


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "just text\n", "42"])
def test_a_file_without_sections_is_refused(text: str) -> None:
    found = problems(core=text)
    assert found
    assert found[0].position.file == "core.yaml"


def test_size_and_depth_are_bounded() -> None:
    assert "larger than" in problems(core=b"#" * (MAX_BYTES + 1))[0].message
    deep = "x: " + "[" * 100_000
    assert any(f"deeper than {MAX_DEPTH}" in p.message for p in problems(core=deep))


def test_a_syntax_error_hides_neither_the_other_sections_nor_the_other_file() -> None:
    runtime = changed(RUNTIME, "tags: [desktop, paper, okx]", "tags: [desktop, paper, okx")
    runtime = changed(runtime, "port: 9177", "port: 99999")
    runtime = changed(runtime, "  burst: 16", "  burst: 16: 17")
    core = changed(CORE, "max_open_positions: 5", "max_open_positions: five")
    found = problems(runtime, core)
    assert [str(p.position).split(":")[0] for p in found] == ["runtime.yaml", "runtime.yaml", "runtime.yaml", "core.yaml"]
    assert "(while parsing a flow sequence that starts in line" in found[0].message
    assert str(found[1].position) == place(runtime, ": 17", "runtime.yaml")
    assert str(found[2].position) == place(runtime, "99999", "runtime.yaml")
    assert str(found[3].position) == place(core, "five", "core.yaml")


def test_windows_line_ends_and_wide_characters_keep_positions_right() -> None:
    runtime = changed(RUNTIME, "max_concurrency: 6 ", "max_concurrency: \u20ac\U0001d11e6 ").replace("\n", "\r\n")
    problem = only_problem(runtime)
    assert str(problem.position) == place(runtime, "\u20ac", "runtime.yaml")


def test_nodes_carry_the_positions_of_keys_and_values() -> None:
    found = Problems()
    root = read_document(SourceFile("f.yaml", b"a:\n  bc: 'text'\n"), 0, found)
    assert isinstance(root, Entries)
    inner = root.entries["a"].value
    assert isinstance(inner, Entries)
    assert str(inner.entries["bc"].key_position) == "f.yaml:2:3"
    value = inner.entries["bc"].value
    assert isinstance(value, Scalar)
    assert (str(value.position), value.value) == ("f.yaml:2:7", "text")
    assert not found.found
