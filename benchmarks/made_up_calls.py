"""A log of any length, always the same: made-up calls written through the real append.

Two calls in five come from one of a few hundred people who have a name, one in six carries a note, and the numbers are
ones that nobody has.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dutyphone.journal.facts import (
    CallArrived,
    CallEnded,
    CallIdentified,
    CallNoted,
    CallRang,
    CallSettled,
    Fact,
    NumberKind,
    Outcome,
    Settlement,
)
from dutyphone.lines.events import Evidence
from dutyphone.store.schema import REVISION
from dutyphone.store.store import LineDeclaration, Store

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
BETWEEN_CALLS_S = 90.0
"""On average: two million calls are six years of a busy room."""

LINES = tuple(f"line{number}" for number in range(1, 9))
FACTS_AT_A_TIME = 20_000
SEED = 20260509

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文辉宇浩然子轩欣怡雨泽思远晨曦嘉琪俊峰海燕"
_PLACES = (
    "东城区", "西城区", "南关镇", "北河乡", "水库", "二号变电站", "人民医院", "第三中学", "防汛办", "消防支队",
    "应急指挥中心", "供水公司", "煤气公司", "公交总站", "农贸市场", "化工园区",
)  # fmt: skip
_MATTERS = (
    "水位上涨", "停电", "道路积水", "树木倒伏", "燃气泄漏", "电梯困人", "管道破裂", "烟雾报警", "人员走失", "交通事故",
    "询问值班安排", "会议通知", "报送信息", "误拨", "噪音投诉", "森林火情",
)  # fmt: skip
_ACTIONS = (
    "已转告带班领导", "已通知抢修", "请回电", "待核实", "已派人前往", "明早再报", "已登记（见台账）", "无需处理",
    "转110处理", "要求书面报告",
)  # fmt: skip
_AREAS = ("10", "21", "22", "23", "20", "25", "27", "28", "29", "24")


def made_up_facts(calls: int, *, first: int = 0, seed: int = SEED) -> Iterator[list[Fact]]:
    """The facts of each call, from its arrival to its end and what the officer said of it."""
    chance = random.Random(seed * 1_000_003 + first)
    people = [_name(chance) for _ in range(400)]
    at = FIRST + timedelta(seconds=BETWEEN_CALLS_S * first)
    for number in range(first, first + calls):
        at += timedelta(seconds=chance.uniform(0.5, 1.5) * BETWEEN_CALLS_S)
        yield list(_one_call(chance, people, f"{number:032x}", at))


def made_up_log(folder: Path, calls: int) -> Path:
    """The database with `calls` made-up calls; made if it is not in `folder` yet. One for each schema."""
    path = folder / f"calls-{calls}-{REVISION}.db"
    if path.exists():
        return path
    making = folder / f"{path.stem}.making.db"
    for left_over in folder.glob(f"{making.name}*"):
        if left_over.is_file():
            left_over.unlink()
    with Store.open(f"sqlite:///{making}") as store:
        store.declare_lines(
            [LineDeclaration(line=line, title=line, driver="serial_modem", port=f"sim://{line}") for line in LINES]
        )
        batch: list[Fact] = []
        for facts in made_up_facts(calls):
            batch += facts
            if len(batch) >= FACTS_AT_A_TIME:
                store.append(batch, recorded_at=batch[-1].at)
                batch.clear()
        store.append(batch, recorded_at=FIRST + timedelta(days=36_500))
        with store.database.reading() as session:
            session.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in (".key", ".head"):
        making.with_name(making.name + suffix).rename(path.with_name(path.name + suffix))
    return making.rename(path)


def caller(chance: random.Random) -> tuple[str, str, NumberKind]:
    """A number as sent, as normalised, and what sort it is."""
    last = chance.randrange(10_000)
    if chance.random() < 0.5:
        return f"1390000{last:04}", f"+861390000{last:04}", NumberKind.MOBILE
    area = chance.choice(_AREAS)
    return f"0{area}5550{last:04}", f"+86{area}5550{last:04}", NumberKind.FIXED


def note(chance: random.Random) -> str:
    """What an officer writes on a call."""
    return f"{chance.choice(_PLACES)}{chance.choice(_MATTERS)}，{chance.choice(_ACTIONS)}。{chance.choice(_MATTERS)}"


def _name(chance: random.Random) -> str:
    return chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, chance.choice((1, 2, 2))))


def _one_call(chance: random.Random, people: list[str], call: str, at: datetime) -> Iterator[Fact]:
    raw, number, kind = caller(chance)
    known = chance.random() < 0.4
    rings = chance.randrange(1, 4)
    over = at + timedelta(seconds=5 * rings)
    yield CallArrived(at=at, call=call, line=chance.choice(LINES), wire=b"RING\r\n")
    yield CallRang(at=at, call=call, ring=1, wire=b"RING\r\n")
    yield CallIdentified(
        at=at + timedelta(seconds=1),
        call=call,
        number_raw=raw,
        number=number,
        kind=kind,
        name=chance.choice(people) if known else None,
        stamped="0509 1730",
        wire=f"NMBR = {raw}\r\n".encode(),
    )
    if rings > 1:
        yield CallRang(at=over, call=call, ring=rings, wire=b"RING\r\n")
    outcome = chance.choices((Outcome.UNKNOWN, Outcome.ANSWERED, Outcome.MISSED), (5, 4, 1))[0]
    yield CallEnded(
        at=over,
        call=call,
        outcome=outcome,
        evidence=Evidence.EXTENSION_HOOK if outcome is Outcome.ANSWERED else Evidence.RINGING_STOPPED,
        rings=rings,
        ring_s=5.0 * rings,
        talk_s=60.0 if outcome is Outcome.ANSWERED else None,
    )
    if outcome is Outcome.UNKNOWN and chance.random() < 0.99:
        yield CallSettled(at=over, call=call, settlement=Settlement.ANSWERED, by="张三")
    if chance.random() < 1 / 6:
        yield CallNoted(at=over, call=call, text=note(chance), by="张三")
