"""Facts survive their JSON form, and old forms stay readable."""

from __future__ import annotations

import json
import types
import typing
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.journal.codec import UnknownFact, decode, encode
from dutyphone.journal.facts import FACTS, VERSIONS, CallIdentified, CallNoted, Fact
from dutyphone.journal.upcasters import upcast

GOLDENS = json.loads((Path(__file__).parent / "goldens.json").read_text(encoding="utf-8"))

AT = datetime(2026, 2, 16, 19, 0, 0, 250, tzinfo=UTC)

MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything a field of that type may hold."""
    if isinstance(hint, types.UnionType):
        return st.one_of([st.none() if arm is types.NoneType else values(arm) for arm in typing.get_args(hint)])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if typing.get_origin(hint) is tuple:
        return st.lists(values(typing.get_args(hint)[0]), max_size=3).map(tuple)
    return {
        datetime: MOMENTS,
        str: st.text(),
        bytes: st.binary(),
        int: st.integers(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
    }[hint]


def any_of(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: values(hints[field.name]) for field in fields(kind)})


@pytest.mark.parametrize("kind", FACTS.values(), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_fact_comes_back_as_it_was(kind: type[Fact], data: st.DataObject) -> None:
    fact = data.draw(any_of(kind))
    name = kind.__name__
    body = encode(fact)
    assert decode(name, VERSIONS[name], body) == fact
    assert encode(decode(name, VERSIONS[name], body)) == body


@given(fact=st.one_of([any_of(kind) for kind in FACTS.values()]))
def test_the_form_is_canonical(fact: Fact) -> None:
    body = encode(fact)
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    body.encode("utf-8")


def test_every_kind_has_a_golden_body() -> None:
    assert {golden["kind"] for golden in GOLDENS} == set(FACTS)


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: f"{golden['kind']}-{golden['version']}")
def test_rows_written_by_earlier_programs_stay_readable(golden: dict[str, Any]) -> None:
    """X17: what was written is never rewritten, so it must be read for ever."""
    fact = decode(golden["kind"], golden["version"], golden["body"])
    assert {name: str(getattr(fact, name)) for name in golden["fields"]} == golden["fields"]
    unset = {field.name: field.default for field in fields(fact) if field.name not in golden["fields"]}
    assert {name: getattr(fact, name) for name in unset} == unset
    if golden["version"] == VERSIONS[golden["kind"]]:
        assert encode(fact) == golden["body"]


def test_what_is_not_known_is_left_out() -> None:
    assert encode(CallIdentified(at=AT, call="c")) == '{"at":"2026-02-16T19:00:00.000250Z","call":"c"}'


def test_a_required_field_is_written_even_when_it_looks_empty() -> None:
    assert '"text":""' in encode(CallNoted(at=AT, call="c", text=""))
    assert all(
        field.default is not MISSING or field.name in json.loads(encode(CallNoted(at=AT, call="", text="")))
        for field in fields(CallNoted)
    )


def test_times_are_written_in_utc() -> None:
    beijing = datetime(2026, 2, 17, 3, 0, 0, 250, tzinfo=timezone(timedelta(hours=8)))
    fact = CallNoted(at=beijing, call="c", text="")
    assert encode(fact) == encode(CallNoted(at=AT, call="c", text=""))
    assert decode("CallNoted", 1, encode(fact)) == fact


def test_bytes_a_terminal_could_not_read_do_not_stop_the_journal() -> None:
    """X03: half a character is written as its escape and comes back."""
    typed = b"\xd6\xd0abc".decode("utf-8", "surrogateescape")
    body = encode(CallNoted(at=AT, call="c", text=typed))
    assert body.encode("utf-8")
    assert decode("CallNoted", 1, body) == CallNoted(at=AT, call="c", text=typed)


def test_kinds_and_versions_of_a_later_program_are_refused() -> None:
    with pytest.raises(UnknownFact, match="CallTeleported"):
        decode("CallTeleported", 1, "{}")
    with pytest.raises(UnknownFact, match="CallNoted version 99"):
        decode("CallNoted", 99, "{}")


def test_a_field_of_a_later_program_is_passed_over() -> None:
    body = '{"at":"2026-02-16T19:00:00.000250Z","call":"c","mood":"calm","text":"好"}'
    assert decode("CallNoted", 1, body) == CallNoted(at=AT, call="c", text="好")


def test_old_bodies_are_brought_up_step_by_step() -> None:
    steps = {
        ("CallNoted", 1): lambda body: {"text": body["note"], "by": body["by"]},
        ("CallNoted", 2): lambda body: {**body, "by": body["by"].title()},
        ("CallRang", 2): lambda body: {},
    }
    assert upcast("CallNoted", 1, {"note": "好", "by": "li si"}, steps) == {"text": "好", "by": "Li Si"}
    assert upcast("CallNoted", 2, {"text": "好", "by": "li si"}, steps) == {"text": "好", "by": "Li Si"}
    assert upcast("CallNoted", 3, {"text": "好", "by": "li si"}, steps) == {"text": "好", "by": "li si"}
