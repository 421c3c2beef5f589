"""What a record says is put into words when somebody reads it, and once."""

from __future__ import annotations

from golive.audit.canonical import canonical
from golive.engine.notes import Body
from golive.model.json import JsonValue


def test_a_body_is_written_when_it_is_first_read_and_then_kept() -> None:
    written: list[int] = []

    def write(number: int) -> dict[str, JsonValue]:
        written.append(number)
        return {"number": str(number), "what": None}

    body = Body(write, (7,))
    assert written == []
    assert body == {"number": "7", "what": None}
    words = {"number": "7", "what": None}
    assert words == body
    assert body.get("number") == "7"
    assert canonical(body) == canonical({"what": None, "number": "7"})
    assert written == [7]
    assert body != {"number": "8", "what": None}
