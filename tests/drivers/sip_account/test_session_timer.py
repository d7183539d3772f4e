"""Who refreshes a session, and when it is over (RFC 4028)."""

from __future__ import annotations

import pytest
from dutyphone_drivers.sip_account import session_timer
from dutyphone_drivers.sip_account.session_timer import SessionTimer
from support.sip_wire import request, response

TIMER = ("Supported", "timer")


@pytest.mark.parametrize(
    ("fields", "timer", "said"),
    [
        ((), None, None),
        ((TIMER,), None, None),
        ((("Session-Expires", "1800"),), SessionTimer(1800, is_ours=True), "1800;refresher=uas"),
        ((TIMER, ("Session-Expires", "1800")), SessionTimer(1800, is_ours=False), "1800;refresher=uac"),
        ((TIMER, ("Session-Expires", "1800;refresher=uac")), SessionTimer(1800, is_ours=False), "1800;refresher=uac"),
        ((TIMER, ("Session-Expires", "1800;refresher=uas")), SessionTimer(1800, is_ours=True), "1800;refresher=uas"),
        ((("Require", "timer"), ("Session-Expires", "90")), SessionTimer(90, is_ours=False), "90;refresher=uac"),
        ((TIMER, ("Session-Expires", "89")), None, None),
        ((TIMER, ("Session-Expires", "soon")), None, None),
    ],
)
def test_what_is_agreed_by_answering(
    fields: tuple[tuple[str, str], ...], timer: SessionTimer | None, said: str | None
) -> None:
    """§9, table 2."""
    agreed, answered = session_timer.answering(request("INVITE", extra=fields))
    assert agreed == timer
    assert dict(answered).get("Session-Expires") == said
    assert ("Require" in dict(answered)) is (timer is not None and not timer.is_ours)


@pytest.mark.parametrize(
    ("value", "timer"),
    [
        ("1800;refresher=uac", SessionTimer(1800, is_ours=True)),
        ("1800;refresher=uas", SessionTimer(1800, is_ours=False)),
        ("1800;Refresher=UAS", SessionTimer(1800, is_ours=False)),
        ("1800", SessionTimer(1800, is_ours=True)),
        ("10;refresher=uac", None),
        ("", None),
    ],
)
def test_what_is_agreed_by_asking(value: str, timer: SessionTimer | None) -> None:
    """§7.2."""
    assert session_timer.asking(response(request("INVITE"), 200, extra=(("Session-Expires", value),))) == timer


def test_nothing_is_agreed_without_the_field() -> None:
    assert session_timer.asking(response(request("INVITE"), 200)) is None


@pytest.mark.parametrize(("interval_s", "refresh_s", "over_s"), [(90, 45, 60), (1800, 900, 1768)])
def test_half_way_it_is_refreshed_and_shortly_before_the_end_it_is_over(
    interval_s: int, refresh_s: float, over_s: float
) -> None:
    """§7.2; §10: a third of the interval before it ends, and not more than 32 s."""
    timer = SessionTimer(interval_s, is_ours=True)
    assert (timer.refresh_after_s, timer.over_after_s) == (refresh_s, over_s)


@pytest.mark.parametrize(
    ("value", "least"),
    [("120", 120), ("90", 90), ("89", None), ("", None), ("86400", 86_400), ("86401", None), ("999999999999", None)],
)
def test_only_a_sensible_minimum_is_believed(value: str, least: int | None) -> None:
    assert session_timer.too_small(response(request("INVITE"), 422, extra=(("Min-SE", value),))) == least
