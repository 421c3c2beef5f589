import pytest

from golive.backtest.sweep_words import overfitting_rows, ratio, verdict
from golive.model.json import JsonValue


def outcome(deflated: float | None, pbo: float | None, gain: float = 0.1) -> dict[str, JsonValue]:
    luck: dict[str, JsonValue] = {
        "deflated_sharpe": deflated,
        "backtest_overfitting": None if pbo is None else {"probability": pbo},
    }
    return {"best": [{"return": gain}], "overfitting": luck}


@pytest.mark.parametrize(
    ("deflated", "pbo", "gain", "word", "tone"),
    [
        (0.99, 0.02, 0.1, "more than luck", "good"),
        (0.99, 0.30, 0.1, "may be luck", "warn"),
        (0.80, 0.02, 0.1, "may be luck", "warn"),
        (0.49, 0.02, 0.1, "probably luck", "bad"),
        (0.99, 0.50, 0.1, "probably luck", "bad"),
        (None, 0.02, 0.1, "not measured", "warn"),
        (0.99, None, 0.1, "not measured", "warn"),
        (0.99, 0.02, 0.0, "nothing gained", "bad"),
    ],
)
def test_luck_decides_the_word(deflated: float | None, pbo: float | None, gain: float, word: str, tone: str) -> None:
    assert verdict(outcome(deflated, pbo, gain))[:2] == (word, tone)


def test_what_was_not_measured_is_no_good_news() -> None:
    assert verdict({"best": [{"return": 0.1}], "overfitting": None})[:2] == ("not measured", "warn")
    assert overfitting_rows({"overfitting": None}) == ()
    assert ratio(None) == "–"
