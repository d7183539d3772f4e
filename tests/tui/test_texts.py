"""Words, cells, times, digits: everything that turns values into text, without a screen."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dutyphone_tui import wording
from dutyphone_tui.cells import cut, fit, steady
from dutyphone_tui.health import Severity, banners, silences
from dutyphone_tui.places import PlaceBook
from dutyphone_tui.plain import describe_desk
from dutyphone_tui.reading import Live
from dutyphone_tui.telling import Telling
from dutyphone_tui.times import (
    age_text,
    day_span,
    lasted_text,
    long_date_text,
    read_day,
    short_stamp_text,
    span_text,
)
from dutyphone_tui.widgets.big_number import LARGE, MEDIUM, ROWS, big_number, big_width
from dutyphone_tui.widgets.call_table import CallTable
from dutyphone_tui.widgets.lines import line_width
from dutyphone_tui.wrapping import wrap
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dutyphone.clock import Moment
from dutyphone.i18n import _, use_language
from dutyphone.journal.facts import FACTS, NumberKind, Outcome, Settlement
from dutyphone.lines.events import Direction, Evidence, LossReason, NameAbsence, NumberAbsence, Trouble
from dutyphone.lines.wording import TROUBLES
from dutyphone.store.readmodels import (
    BlindRow,
    CallRow,
    CallState,
    DayCounts,
    LineCondition,
    LineRow,
    Owed,
    RecorderRow,
)

BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 2, 16, 14, 41, 2, tzinfo=UTC)

TABLES = {
    Outcome: wording.OUTCOMES,
    Settlement: wording.SETTLEMENTS,
    CallState: wording.STATES,
    Owed: wording.OWED,
    LineCondition: wording.CONDITIONS,
    Direction: wording.DIRECTIONS,
    NumberAbsence: wording.NUMBER_ABSENCES,
    NameAbsence: wording.NAME_ABSENCES,
    NumberKind: wording.NUMBER_KINDS,
    Evidence: wording.EVIDENCES,
    LossReason: wording.LOSS_REASONS,
    Trouble: TROUBLES,
}

awkward_text = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\u00b7\u2014\u2026\u201c\u201d\u25cb\u3007\ufe0f\u200d\u202e\U0001f514\x00\x1b\r\n\te\u0301\u4e2d\u56fd\uff11"
        ),
    )
)


# --- words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_member_of_every_enumeration_has_its_own_words(language, kind):
    words = TABLES[kind]
    assert set(words) == set(kind)
    spoken = [_(text) for text in words.values()]
    assert all(spoken)
    assert len(set(spoken)) == len(spoken)


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_chinese_words_are_chinese(in_chinese, kind):
    assert all(any("\u4e00" <= char <= "\u9fff" for char in _(text)) for text in TABLES[kind].values())


def test_every_kind_of_fact_has_words_and_unknown_kinds_are_shown_as_they_are(language):
    assert set(wording.FACT_KINDS) == set(FACTS)
    assert {wording.fact_kind(kind) for kind in FACTS}.isdisjoint(FACTS)
    assert wording.fact_kind("FactOfALaterVersion") == "FactOfALaterVersion"


@given(
    state=st.sampled_from(CallState),
    outcome=st.none() | st.sampled_from(Outcome),
    settlement=st.none() | st.sampled_from(Settlement),
    direction=st.sampled_from(Direction),
)
def test_the_result_of_any_call_is_among_those_the_column_was_measured_for(state, outcome, settlement, direction):
    row = call(state=state, outcome=outcome, settlement=settlement, direction=direction)
    assert wording.result(row) in wording.results()
    assert (wording.result(row) in (_("to settle"), _("to call back"))) == (row.owed is not None)


@given(state=st.sampled_from(CallState), absence=st.none() | st.sampled_from(NumberAbsence), identified=st.booleans())
def test_a_call_without_number_always_says_why(state, absence, identified):
    """X02: no number, withheld, out of area, not sent, not yet."""
    assert wording.no_number(call(state=state, absence=absence, identified=identified))


def test_a_call_whose_retention_time_is_over_says_so():
    """X32"""
    assert wording.no_number(call(purged=True)) == _("number purged")


# --- cells -------------------------------------------------------------------------------------------------------


@given(awkward_text, st.integers(0, 40))
def test_any_text_fits_its_column_exactly(text, width):
    """X23: columns stay straight whatever the exchange sends as a name."""
    assert cell_len(cut(text, width)) <= width
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit(text, width, right=True)) == width


@given(awkward_text)
def test_signs_of_doubtful_width_never_reach_a_column(text):
    """X23, and no control character reaches the terminal."""
    for char in steady(text):
        assert char.isprintable() or char == "\N{IDEOGRAPHIC SPACE}"
        assert unicodedata.category(char) not in {"Mn", "Me", "Cf", "Cc", "Co", "Cs"}
        assert char not in "\u00b7\u2014\u2026\u201c\u201d\u2018\u2019\u25cb\u2460"
        assert ord(char) < 0x1F000 or unicodedata.category(char).startswith("L")


def test_cut_text_says_that_it_was_cut():
    assert cut("市应急管理局值班室", 11) == "市应急管.."
    assert cut("市应急管理局值班室", 18) == "市应急管理局值班室"
    assert cut("abc", 1) == "."
    assert cut("abc", 0) == ""


@given(st.text(st.sampled_from("ab 中国，。x"), max_size=60), st.integers(4, 30))
def test_wrapped_rows_hold_all_words_and_fit(text, width):
    rows = wrap(text, width)
    assert "".join("".join(rows).split()) == "".join(text.split())
    longest = max((cell_len(word) for word in text.replace("中", " ").replace("国", " ").split()), default=0)
    assert all(cell_len(row) <= max(width, longest + 4) for row in rows)


def test_chinese_wraps_anywhere_but_not_before_a_full_stop():
    assert wrap("线路看不出是否有人接听。", 12) == ["线路看不出是", "否有人接听。"]
    assert wrap("有人接听。", 8) == ["有人接", "听。"]


# --- times -------------------------------------------------------------------------------------------------------


def test_spans_and_ages_read_well():
    use_language("en")
    assert [span_text(s) for s in (0, 7, 65, 3600, 86399.9, -3)] == [
        "0:00",
        "0:07",
        "1:05",
        "1:00:00",
        "23:59:59",
        "0:00",
    ]
    assert [lasted_text(s) for s in (0, 59, 60, 3599, 3600, 7260)] == [
        "0 s",
        "59 s",
        "1 min",
        "59 min",
        "1 h 0 min",
        "2 h 1 min",
    ]
    assert [age_text(s) for s in (-5, 0, 59, 60, 7200)] == [
        "just now",
        "just now",
        "just now",
        "1 min ago",
        "2 h 0 min ago",
    ]


def test_a_stamp_is_as_short_as_it_stays_clear():
    assert short_stamp_text(NOW, NOW, BEIJING) == "22:41"
    assert short_stamp_text(NOW - timedelta(days=1), NOW, BEIJING) == "02-15 22:41"
    assert short_stamp_text(NOW - timedelta(days=100), NOW, BEIJING) == "2025-11-08 22:41"


def test_weekdays_are_spoken(in_chinese):
    days = [long_date_text(NOW + timedelta(days=n), BEIJING)[-2:] for n in range(7)]
    assert days == ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]


@pytest.mark.parametrize(
    "typed", ["2026-02-16", "2026/2/16", "2026.02.16", "20260216", "2-16", "2.16", "0216", "2月16日", " 2-16 "]
)
def test_days_are_understood_as_people_type_them(typed):
    assert read_day(typed, date(2026, 3, 1)) == date(2026, 2, 16)


@pytest.mark.parametrize("typed", ["", "x", "2-30", "13-1", "2026-02", "16", "2026-02-16-1", "99999999"])
def test_what_is_no_day_is_none(typed):
    assert read_day(typed, date(2026, 3, 1)) is None


def test_a_day_without_year_is_the_last_such_day():
    assert read_day("12-31", date(2026, 1, 2)) == date(2025, 12, 31)


@given(st.text(max_size=12))
def test_reading_a_day_never_fails(typed):
    assert read_day(typed, date(2026, 2, 16)) is None or isinstance(read_day(typed, date(2026, 2, 16)), date)


def test_both_days_of_a_span_are_included():
    from_at, until_at = day_span(date(2026, 2, 15), date(2026, 2, 16), BEIJING, time(8))
    assert from_at == datetime(2026, 2, 15, 0, tzinfo=UTC)
    assert until_at == datetime(2026, 2, 17, 0, tzinfo=UTC)


# --- large digits ------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("0123456789-+ *:"), max_size=20) | awkward_text, st.integers(0, 130), st.booleans())
def test_a_large_number_always_takes_its_rows_and_its_width(text, width, blocks):
    rows = big_number(text, width, blocks=blocks)
    assert len(rows) == ROWS
    assert {cell_len(row) for row in rows} == {width}


def test_digits_differ_from_one_another_in_both_sizes():
    for face in (MEDIUM, LARGE):
        drawings = [face.rows(sign) for sign in "0123456789-+*:"]
        assert len(set(drawings)) == len(drawings)
        heights = {len(bitmap) for bitmap in face.glyphs.values()}
        assert len(heights) == 1
        assert all(len({len(row) for row in bitmap}) == 1 for bitmap in face.glyphs.values())


def test_the_largest_size_that_fits_is_taken():
    number = "021-5550 7702"
    assert big_width(number, 100) == LARGE.width(number)
    assert big_width(number, 70) == MEDIUM.width(number)
    assert big_width(number, 40) is None
    assert big_width("号码限制显示", 100) is None


# --- rows of calls -----------------------------------------------------------------------------------------------


def call(**changes: object) -> CallRow:
    values: dict[str, object] = {
        "id": 1,
        "call": "call-1",
        "line": "desk",
        "direction": Direction.INCOMING,
        "state": CallState.ENDED,
        "arrived_at": NOW,
    }
    return CallRow(**(values | changes))  # type: ignore[arg-type]


def table(*, dated: bool, lines: int = 3) -> CallTable:
    telling = Telling(
        zone=BEIJING,
        shown_number=lambda row: row.number or row.number_raw or "",
        places=PlaceBook(lambda _number, _kind: "", lambda _message: None),
        titles={f"line-{n}": "值班电话" for n in range(lines)},
    )
    return CallTable(telling, now=NOW, dated=dated, empty="")


@given(
    name=st.none() | awkward_text,
    number=st.none() | st.text(st.sampled_from("+0123456789"), min_size=1, max_size=24),
    note=awkward_text,
    fax=st.booleans(),
    width=st.integers(40, 200),
    dated=st.booleans(),
    selected=st.booleans(),
)
def test_columns_stay_straight_whatever_a_call_is_called(name, number, note, fax, width, dated, selected):
    """X23: every column of every row begins where its heading does."""
    calls = table(dated=dated)
    plain = call(name="x", number="1", kind=NumberKind.FIXED)
    odd = call(name=name, number=number, number_raw=number, last_note=note, fax=fax, ring_s=21.0)
    painted = calls.paint(odd, width, selected=selected)
    assert (
        line_width(painted)
        == width
        == line_width(calls.head(width))
        == line_width(calls.paint(plain, width, selected=False))
    )
    assert all(steady(text) == text for text, _look in painted)


@given(
    until=st.none() | st.integers(0, 100_000),
    reason=st.none() | st.sampled_from(LossReason),
    width=st.integers(40, 200),
    dated=st.booleans(),
)
def test_blind_intervals_fill_their_row(until, reason, width, dated):
    until_at = None if until is None else NOW + timedelta(seconds=until)
    blind = BlindRow(id=1, line="desk", from_at=NOW, until_at=until_at, reason=reason)
    assert line_width(table(dated=dated).paint(blind, width, selected=False)) == width


# --- health ------------------------------------------------------------------------------------------------------


def live(*, beat_s: float = 0.0, stopped: bool = False) -> Live:
    recorder = RecorderRow(
        version="1",
        pid=1,
        simulated=False,
        started_at=NOW - timedelta(hours=1),
        beat_at=NOW - timedelta(seconds=beat_s),
        stopped_at=NOW if stopped else None,
    )
    return Live(read_at=Moment(100.0, NOW), last_seq=1, recorders=(recorder,), lines=(), open_calls=())


@pytest.mark.parametrize(
    ("reading", "seconds_later", "failure", "severities"),
    [
        (None, 0.0, "", [Severity.CALM]),
        (None, 0.0, "disk gone", [Severity.WARNING]),
        (live(), 0.0, "", []),
        (live(beat_s=15.0), 0.0, "", []),
        (live(beat_s=15.1), 0.0, "", [Severity.ALARM]),
        (live(stopped=True), 0.0, "", [Severity.ALARM]),
        (live(), 6.1, "", [Severity.WARNING]),
        (live(), 0.0, "locked", [Severity.WARNING]),
        (live(stopped=True), 7.0, "", [Severity.WARNING, Severity.ALARM]),
    ],
)
def test_what_is_wrong_is_said_and_nothing_else(reading, seconds_later, failure, severities):
    """X04. A recorder is judged by its age when it was read, so that a slow database does not make it look dead."""
    now = Moment(100.0 + seconds_later, NOW + timedelta(seconds=seconds_later))
    said = banners(reading, now=now, zone=BEIJING, failure=failure)
    assert [banner.severity for banner in said] == severities
    assert all(failure in banner.text for banner in said if banner.severity is Severity.WARNING)


def a_recorder(name: str, *lines: str, beat_s: float = 0.0, stopped_s: float | None = None) -> RecorderRow:
    return RecorderRow(
        version="1",
        pid=1,
        simulated=False,
        started_at=NOW - timedelta(hours=1),
        beat_at=NOW - timedelta(seconds=beat_s),
        stopped_at=None if stopped_s is None else NOW - timedelta(seconds=stopped_s),
        recorder=name,
        host=f"pc-{name}",
        lines=lines,
    )


def a_line(name: str) -> LineRow:
    return LineRow(
        line=name,
        title=name.title(),
        driver="d",
        port="p",
        device=None,
        condition=LineCondition.IDLE,
        since_at=NOW,
        last_heard_at=None,
    )


LINES_OF_THREE_DESKS = tuple(map(a_line, ("desk", "fax", "hall", "gate")))


@pytest.mark.parametrize(
    ("recorders", "silent"),
    [
        ([], []),
        ([a_recorder("a", "desk", "fax"), a_recorder("b", "hall", "gate")], []),
        ([a_recorder("a", "desk", "fax", beat_s=16.0), a_recorder("b", "hall")], [("pc-a", 16.0, ("Desk", "Fax"))]),
        ([a_recorder("a", "desk", stopped_s=5.0), a_recorder("b", "hall")], [("pc-a", 5.0, ("Desk",))]),
        ([a_recorder("a", "fax"), a_recorder("b", "desk", "fax", beat_s=99.0)], [("pc-b", 99.0, ("Desk",))]),
        ([a_recorder("a", "desk", beat_s=20.0), a_recorder("b", "hall", stopped_s=3.0)], [("pc-a", 3.0, None)]),
    ],
)
def test_each_recorder_that_does_not_run_is_said_with_its_lines(recorders, silent):
    """X04: the desk next door hears nothing, and this one says so. A line that moved on is its new recorder's."""
    found = silences(recorders, LINES_OF_THREE_DESKS, NOW)
    assert [((NOW - each.since).total_seconds(), each.lines) for each in found] == [each[1:] for each in silent]
    assert [each.host for each in found] == [each[0] for each in silent]


def test_a_status_of_several_desks_names_the_machines():
    recorders = [a_recorder("a", "desk", "fax", beat_s=16.0), a_recorder("b", "hall", "gate")]
    well, sentences = describe_desk(recorders, LINES_OF_THREE_DESKS, DayCounts(), now=NOW, zone=BEIJING)
    assert not well
    assert "The recorder on pc-a is not running since" in sentences[0]
    assert sentences[0].endswith("calls on Desk, Fax are not recorded.")
    assert sentences[1].startswith("The recorder on pc-b runs since")
    recorders[0] = a_recorder("a", "desk", "fax")
    assert describe_desk(recorders, LINES_OF_THREE_DESKS, DayCounts(), now=NOW, zone=BEIJING)[0]


def test_a_line_that_is_down_says_what_the_server_said_and_nothing_meant_for_menders(in_chinese):
    """What our own programs say of a fault is English; a server's status line is what the office has to be told."""
    said = wording.loss_in_full(LossReason.NOT_REGISTERED, "403 Forbidden")
    assert said == "账号未注册 (403 Forbidden)"
    assert wording.loss_in_full(LossReason.NOT_REGISTERED, "the registration lapsed") == "账号未注册"
    assert wording.loss_in_full(LossReason.NETWORK, "no answer from 192.0.2.10") == "网络故障"
    assert wording.loss_in_full(None, "") == "记录程序未运行"
