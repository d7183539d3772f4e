"""What an exported row holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.records import record

from dutyphone.calls.numbers import show_number
from dutyphone.journal.facts import NumberKind, Outcome, Settlement
from dutyphone.lines.events import Direction, LossReason, NumberAbsence
from dutyphone.outputs.columns import Cell, Profile, Style, blind_sheet, call_sheet
from dutyphone.outputs.words import CHINESE, ENGLISH, Words, words
from dutyphone.store.readmodels import BlindRow, CallRow, CallState

SHANGHAI = ZoneInfo("Asia/Shanghai")
MakeCall = Callable[..., CallRow]

PEOPLE = (
    "序号,值班日期,班次,值班员,线路,方向,来电时间,接听时间,结束时间,振铃(秒),通话(秒),结果,号码,单位,姓名,职务,"
    "重要程度,是否转移,电话记录编号,处理情况,补录,备注"
)
MACHINE = (
    "id,line,direction,started_at,answered_at,ended_at,ring_s,talk_s,result,number_raw,number_e164ish,name_raw,"
    "contact_id,forwarded,shift_id,officer,record_no,source,backfilled,seq,hash"
)


def style(*, zone: ZoneInfo = SHANGHAI, simulated: bool = False, words: Words = CHINESE) -> Style:
    return Style(
        words=words,
        zone=zone,
        day_starts=time(8),
        simulated=simulated,
        text=str,
        number=str,
        line_titles={"hotline": "防汛热线"},
    )


def cells(row: CallRow, profile: Profile = Profile.PEOPLE, style: Style | None = None) -> dict[str, Cell]:
    sheet = call_sheet(profile, style or globals()["style"](), chinese=True)
    return dict(zip((column.title for column in sheet.columns), sheet.cells(record(row)), strict=True))


def test_the_columns_are_those_of_the_office_in_its_order() -> None:
    sheet = call_sheet(Profile.PEOPLE, style(), chinese=True)
    assert ",".join(column.title for column in sheet.columns) == PEOPLE


def test_people_read_the_title_of_a_line_and_programs_its_name(make_call: MakeCall) -> None:
    row = make_call(1, 0, line="hotline")
    assert cells(row)["线路"] == "防汛热线"
    assert cells(row, Profile.MACHINE)["line"] == "hotline"
    assert cells(make_call(1, 0, line="desk"))["线路"] == "desk", "a line that is not set up any more keeps its name"


def test_machine_columns_only_ever_grow_at_the_end() -> None:
    titles = [column.title for column in call_sheet(Profile.MACHINE, style(), chinese=True).columns]
    then = "call,number_kind,number_absence,extension,evidence,digits_dialled"
    assert ",".join(titles) == f"{MACHINE},{then},called_number,redirected_from,exchange_code"


@pytest.mark.parametrize("chinese", [True, False])
@pytest.mark.parametrize("profile", list(Profile))
def test_headings_fit_their_columns(profile: Profile, chinese: bool) -> None:
    """A Chinese character takes two cells."""
    for sheet in (call_sheet(profile, style(), chinese=chinese), blind_sheet(profile, style(), chinese=chinese)):
        for column in sheet.columns:
            width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in column.title)
            assert width <= column.width, column.title


def test_times_are_those_of_the_room(make_answered: MakeCall) -> None:
    row = make_answered(1, 0, "13900001234")
    assert cells(row)["来电时间"] == "2026-05-09 17:30:05"
    assert cells(row)["接听时间"] == "2026-05-09 17:30:11"
    assert cells(row, Profile.MACHINE)["started_at"] == "2026-05-09T17:30:05.123456+08:00"
    berlin = style(zone=ZoneInfo("Europe/Berlin"))
    assert cells(row, style=berlin)["来电时间"] == "2026-05-09 11:30:05"
    assert cells(row, Profile.MACHINE, berlin)["started_at"] == "2026-05-09T11:30:05.123456+02:00"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Africa/Monrovia"]),
    around=st.sampled_from(["1972-01-07", "2018-11-04", "2026-03-29", "2026-10-25"]).map(datetime.fromisoformat),
    seconds=st.lists(st.integers(-2 * 86_400, 2 * 86_400), min_size=1, max_size=20),
)
def test_the_clock_of_the_sheet_is_that_of_the_standard_library(
    zone: str, around: datetime, seconds: list[int], make_call: MakeCall
) -> None:
    """It works it out itself, for speed; over midnight, forwards and back, and where the clock is changed."""
    place = ZoneInfo(zone)
    sheet = call_sheet(Profile.PEOPLE, style(zone=place), chinese=True)
    at = PEOPLE.split(",").index("来电时间")
    for second in seconds:
        row = replace(make_call(1, 0), arrived_at=around.replace(tzinfo=UTC) + timedelta(seconds=second))
        assert sheet.cells(record(row))[at] == row.arrived_at.astimezone(place).isoformat(" ", "seconds")[:19]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    begins=st.sampled_from(["0139", "0198", "010", "021", "0571", "0999"]),
    middle=st.sampled_from(["5550", "555", "000000", "2000", "22222"]),
    last=st.lists(st.integers(0, 9999), min_size=1, max_size=5),
)
def test_numbers_that_begin_alike_are_shown_as_each_alone(
    begins: str, middle: str, last: list[int], make_call: MakeCall
) -> None:
    sheet = call_sheet(Profile.PEOPLE, style(), chinese=True)
    at = PEOPLE.split(",").index("号码")
    for four in last:
        raw = f"{begins}{middle}{four:04}"
        row = make_call(1, 0, raw)
        assert sheet.cells(record(row))[at] == show_number(row.number, row.kind, row.extension, raw)


def test_a_call_at_three_is_in_the_books_of_the_day_before(make_call: MakeCall) -> None:
    """X12, whatever the order of the rows."""
    sheet = call_sheet(Profile.PEOPLE, style(), chinese=True)
    at = PEOPLE.split(",").index("值班日期")
    days = [sheet.cells(record(make_call(1, minutes)))[at] for minutes in (0, 570, 869.9, 870, 0)]
    assert days == ["2026-05-09", "2026-05-09", "2026-05-09", "2026-05-10", "2026-05-09"]


def test_a_number_that_did_not_come_has_its_reason(make_call: MakeCall) -> None:
    assert cells(make_call(1, 0, "13900001234"))["号码"] == "139 0000 1234"
    assert cells(make_call(1, 0, "55501234"))["号码"] == "010-5550 1234", "the area code is always said"
    reasons = {absence: cells(make_call(1, 0, identified=True, absence=absence))["号码"] for absence in NumberAbsence}
    assert reasons == {
        NumberAbsence.PRIVATE: "号码限制显示",
        NumberAbsence.OUT_OF_AREA: "号码无法提供",
        NumberAbsence.PAYPHONE: "公用电话",
        NumberAbsence.NOT_SENT: "无号码",
    }
    assert cells(make_call(1, 0))["号码"] == "无来电显示"
    assert cells(make_call(1, 0, purged=True))["号码"] == "已清除"
    assert cells(make_call(1, 0, purged=True), Profile.MACHINE)["number_raw"] is None
    assert cells(make_call(1, 0, direction=Direction.OUTGOING))["号码"] is None
    assert cells(make_call(1, 0, direction=Direction.OUTGOING, digits="110"))["号码"] == "110"
    dialled = make_call(1, 0, direction=Direction.OUTGOING, digits="01055501235")
    assert cells(dialled)["号码"] == "010-5550 1235"
    assert cells(dialled, Profile.MACHINE)["digits_dialled"] == "01055501235"


def test_what_the_exchange_told_of_a_call_is_exported(make_call: MakeCall) -> None:
    row = make_call(1, 0, "13900001234", called="1001", redirected_from="01055501299", code=486)
    machine = cells(row, Profile.MACHINE)
    assert (machine["called_number"], machine["redirected_from"], machine["exchange_code"]) == (
        "1001",
        "01055501299",
        486,
    )
    assert cells(row)["备注"] == "原叫号码 01055501299"
    noted = replace(row, last_note="找张三", notes=1, fax=True)
    assert cells(noted)["备注"] == "传真;原叫号码 01055501299;找张三"
    plain = cells(make_call(1, 0), Profile.MACHINE)
    assert (plain["called_number"], plain["redirected_from"], plain["exchange_code"]) == (None, None, None)


def test_numbers_are_the_same_however_many_were_seen_before(make_call: MakeCall) -> None:
    sheet = call_sheet(Profile.PEOPLE, style(), chinese=True)
    at = PEOPLE.split(",").index("号码")
    row = make_call(1, 0, "13900001234")
    for local in range(55_500_000, 55_525_000):
        other = replace(row, number=f"+8610{local}", kind=NumberKind.FIXED)
        assert sheet.cells(record(other))[at] == f"010-{local // 10_000} {local % 10_000:04}"
        assert local % 1000 or sheet.cells(record(row))[at] == "139 0000 1234"


def test_the_word_of_the_officer_stands_over_that_of_the_line(make_call: MakeCall, make_answered: MakeCall) -> None:
    missed = make_call(1, 0, "13900001234")
    assert (cells(missed)["结果"], cells(missed)["处理情况"]) == ("未接", "待回拨")
    settled = make_call(1, 0, "13900001234", settlement=Settlement.ANSWERED, settled_by="王值班")
    assert (cells(settled)["结果"], cells(settled)["处理情况"]) == ("已接", "确认已接(王值班)")
    unknown = make_call(1, 0, outcome=Outcome.UNKNOWN)
    assert (cells(unknown)["结果"], cells(unknown)["处理情况"]) == ("不明", "待确认")
    assert cells(make_call(1, 0, settlement=Settlement.CALLED_BACK))["处理情况"] == "已回拨"
    assert cells(make_answered(1, 0))["处理情况"] is None


def test_a_call_that_lasts_says_so(make_call: MakeCall) -> None:
    ringing = make_call(1, 0, state=CallState.RINGING, outcome=None, ended_at=None)
    assert (cells(ringing)["结果"], cells(ringing)["结束时间"], cells(ringing)["处理情况"]) == ("振铃中", None, None)
    assert cells(ringing, Profile.MACHINE)["result"] is None


def test_remarks_hold_the_note_and_the_marks(make_call: MakeCall) -> None:
    assert cells(make_call(1, 0, last_note="请回电"))["备注"] == "请回电"
    marked = make_call(1, 0, fax=True, doubtful=True, last_note="请回电")
    assert cells(marked)["备注"] == "传真;号码存疑;请回电"
    assert cells(make_call(1, 0))["备注"] is None


def test_a_drill_says_so_in_every_row(make_call: MakeCall) -> None:
    """X28."""
    drill = style(simulated=True)
    assert cells(make_call(1, 0), style=drill)["备注"] == "演练"
    assert cells(make_call(1, 0, last_note="请回电"), style=drill)["备注"] == "演练;请回电"
    assert cells(make_call(1, 0), Profile.MACHINE, drill)["source"] == "drill"
    assert cells(make_call(1, 0), Profile.MACHINE)["source"] == "line"
    assert call_sheet(Profile.PEOPLE, drill, chinese=True).title == "演练-通话记录"
    assert blind_sheet(Profile.PEOPLE, drill, chinese=True).title == "演练-监听中断"


def test_a_blind_interval_says_how_long_and_why() -> None:
    sheet = blind_sheet(Profile.PEOPLE, style(), chinese=True)
    at = datetime(2026, 5, 9, 18, 10, tzinfo=UTC)
    over = BlindRow(
        id=1, line="desk", from_at=at, until_at=at + timedelta(minutes=7), reason=LossReason.CABLE_UNPLUGGED
    )
    assert sheet.cells(over) == ("desk", "2026-05-10 02:10:00", "2026-05-10 02:17:00", 420, "设备断开", None, None)
    lasting = BlindRow(id=2, line="desk", from_at=at, until_at=None, reason=None, detail="x")
    assert sheet.cells(lasting) == ("desk", "2026-05-10 02:10:00", "仍在中断", None, "记录程序未运行", "x", None)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_there_is_a_word_for_everything(language: str) -> None:
    spoken = words(language)
    for field in fields(Words):
        value = getattr(spoken, field.name)
        if isinstance(value, Mapping):
            enum: type[Enum] = type(next(iter(value)))
            assert set(value) == set(enum), field.name
            silent = {CallState.ENDED}
            assert all(word or member in silent for member, word in value.items()), field.name
        else:
            assert value, field.name


def test_an_unknown_language_is_english() -> None:
    assert words("zh_CN") is CHINESE
    assert words("de") is words("en") is ENGLISH
