"""A duty room for the console: a real store, a clock moved by hand, a feed that wakes when told.

The store is a temporary file, and again one on PostgreSQL where there is a server for tests; see `support.server`.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.made_up_night import CHINESE, ENGLISH, LINES, RINGING_SINCE, ZONE, made_up_night
from dutyphone_tui.app import DutyConsole
from dutyphone_tui.desk import Desk
from dutyphone_tui.feed import QUIET_S
from support.server import SERVER, emptied, schema_of
from textual.worker import WorkerCancelled

from dutyphone.calls.numbers import Site, show_number
from dutyphone.i18n import use_language
from dutyphone.journal.facts import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallIdentified,
    CallRang,
    Fact,
    NumberKind,
    Outcome,
)
from dutyphone.lines.events import Direction, Evidence
from dutyphone.store.readmodels import CallRow
from dutyphone.store.store import LineDeclaration, Store

GOLDENS = Path(__file__).parent / "goldens"
UPDATE = bool(os.environ.get("DUTYPHONE_UPDATE_GOLDENS"))

PLACES = {
    "+8610": ("北京", "Beijing"),
    "+8621": ("上海", "Shanghai"),
    "+86139": ("北京", "Beijing"),
    "110": ("公安报警", "police"),
}


@pytest.fixture(autouse=True, scope="session")
def brisk_pilot() -> Iterator[None]:
    """Textual's pilot looks every 20 ms whether the program is idle; four times as often is quicker and as sure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual._wait.SLEEP_GRANULARITY", 0.005)
        patch.setattr("textual._wait.SLEEP_IDLE", 0.0005)
        patch.setattr("gc.freeze", lambda: None)  # a console is a process of its own; here hundreds share one
        yield


class HeldFeed:
    """Wakes up when `nudge` is called, and counts how often it was waited for until something happens."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._nudged = 0
        self._closed = False
        self.waits = 0

    def wait(self, timeout_s: float | None) -> bool:
        with self._changed:
            self.waits += timeout_s is None or timeout_s > QUIET_S
            self._changed.wait_for(lambda: self._nudged or self._closed, timeout_s)
            nudged, self._nudged = bool(self._nudged), 0
            return nudged and not self._closed

    def nudge(self) -> None:
        with self._changed:
            self._nudged += 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class HeardConsole(DutyConsole):
    """The console with a bell that can be heard by a test, and a painter that can be watched."""

    bells = 0

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.painted: list[str] = []

    def bell(self) -> None:
        self.bells += 1

    def _display(self, screen: Any, renderable: Any) -> None:
        if renderable is not None:
            self.painted.append(re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "|", renderable.render_segments(self.console)))
        super()._display(screen, renderable)


@dataclass(slots=True)
class Room:
    """What a test moves: facts, time, and the console it looks at."""

    folder: Path
    url: str
    language: str
    clock: ManualClock = field(default_factory=lambda: ManualClock(utc=RINGING_SINCE - timedelta(minutes=5)))
    feed: HeldFeed = field(default_factory=HeldFeed)
    simulated: bool = True
    _store: Store | None = None

    @property
    def store(self) -> Store:
        if self._store is None:
            self._store = Store.open(self.url)
        return self._store

    @property
    def now(self) -> datetime:
        return self.clock.now().utc

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    # --- what happens ---

    def declare_lines(self, lines: int = 3, *, obey: Collection[str] = ()) -> None:
        """The first so many lines; those named in `obey` can do more than listen."""
        chinese = self.language == "zh_CN"
        self.store.declare_lines(
            [
                LineDeclaration(
                    line=key,
                    title=zh if chinese else en,
                    driver="sip_account" if key in obey else "serial_modem",
                    port=f"sim://{key}",
                    obeys=key in obey,
                )
                for key, zh, en in LINES[:lines]
            ]
        )

    def night(self, *, until: datetime, rings: int = 3, obey: Collection[str] = ()) -> None:
        """The made-up night as it stands at `until`, with a recorder that is alive."""
        self.declare_lines(obey=obey)
        facts = made_up_night(CHINESE if self.language == "zh_CN" else ENGLISH, rings=rings)
        self.store.append([fact for fact in facts if fact.at <= until], recorded_at=until)
        self.clock.advance((until - self.now).total_seconds())
        self.beat()

    def beat(self) -> None:
        self.store.beat(self.now, {key: self.now for key, _zh, _en in LINES})

    def tell(self, *facts: Fact) -> None:
        self.store.append(facts, recorded_at=self.now)

    def ring(
        self, call: str, number: str | None = "+861055501234", *, line: str = "desk", name: str | None = None
    ) -> None:
        """A call arrives now and rings once."""
        self.tell(
            CallArrived(at=self.now, call=call, line=line, wire=b"RING\r\n"), CallRang(at=self.now, call=call, ring=1)
        )
        if number is not None:
            kind = NumberKind.MOBILE if number.startswith("+861") and number[4] != "0" else NumberKind.FIXED
            self.tell(
                CallIdentified(
                    at=self.now, call=call, number_raw=number.replace("+86", "0"), number=number, kind=kind, name=name
                )
            )

    def end(self, call: str, outcome: Outcome = Outcome.UNKNOWN, evidence: Evidence = Evidence.RINGING_STOPPED) -> None:
        self.tell(CallEnded(at=self.now, call=call, outcome=outcome, evidence=evidence, rings=2, ring_s=6.5))

    def answer(self, call: str) -> None:
        self.tell(CallAnswered(at=self.now, call=call, evidence=Evidence.EXTENSION_HOOK))

    def dial(self, call: str) -> None:
        self.tell(CallArrived(at=self.now, call=call, line="desk", direction=Direction.OUTGOING))

    # --- the console ---

    def desk(self, **changes: Any) -> Desk:
        desk = Desk(
            open_store=lambda: Store.open(self.url),
            open_feed=lambda _store: self.feed,
            clock=self.clock,
            zone=ZONE,
            room="综合值班室" if self.language == "zh_CN" else "Duty room",
            officer="张三" if self.language == "zh_CN" else "Zhang San",
            simulated=self.simulated,
            drafts_folder=self.folder / "drafts",
            export_folder=self.folder / "exports",
            place_of=self.place_of,
            shown_number=show,
        )
        return replace(desk, **changes)

    def place_of(self, number: str, kind: NumberKind | None) -> str:
        found = next((place for start, place in PLACES.items() if number.startswith(start)), ("", ""))
        return found[0 if self.language == "zh_CN" else 1]

    @asynccontextmanager
    async def console(self, size: tuple[int, int] = (80, 24), **changes: Any) -> AsyncIterator[Look]:
        """The console at work, all that is stored on its screen."""
        async with self.opening_console(size, **changes) as look:
            await look.until(lambda: look.console.day is not None)
            await look.caught_up()
            yield look

    @asynccontextmanager
    async def opening_console(self, size: tuple[int, int] = (80, 24), **changes: Any) -> AsyncIterator[Look]:
        """The console as it starts."""
        console = HeardConsole(self.desk(**changes))
        async with console.run_test(size=size, notifications=True) as pilot:
            yield Look(self, console, pilot)


def show(row: CallRow) -> str:
    return show_number(row.number, row.kind, row.extension, row.number_raw or row.digits, Site())


@dataclass(slots=True)
class Look:
    """A console under test."""

    room: Room
    console: HeardConsole
    pilot: Any

    async def until(self, condition: Callable[[], bool], *, patience_s: float = 10.0) -> None:
        """Let the console work until `condition` holds."""
        waited_s = 0.0
        while not condition():
            assert waited_s < patience_s, f"did not come true\n{self.text}"
            await asyncio.sleep(0.005)
            waited_s += 0.005
        await self.pilot.pause()

    async def says(self, words: str) -> None:
        """Wait until `words` are on the screen."""
        await self.until(lambda: words in self.text)

    async def caught_up(self) -> None:
        """Let the console read and show all that is stored, places included."""
        waits = self.room.feed.waits
        self.room.feed.nudge()
        await self.until(lambda: self.room.feed.waits > waits)
        await self.until(lambda: self.console.at_work.places.all_answered)
        self.console.tick()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press `keys`, each when the page that the one before has opened is there."""
        for key in keys:
            await self.pilot.press(key)
            await self.until(lambda: self.console.screen.is_mounted)
        with suppress(WorkerCancelled):  # of a page that was closed; its thread goes on
            await self.console.workers.wait_for_complete()
        await self.pilot.pause()

    async def pass_time(self, seconds: float) -> None:
        """Move the clock, with a recorder that goes on living, and let the console tick."""
        self.room.clock.advance(seconds)
        self.room.beat()
        await self.caught_up()

    @property
    def lines(self) -> list[str]:
        """What the screen shows, row by row."""
        return [strip.text for strip in self.console.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)


@pytest.fixture(params=["zh_CN", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    use_language(request.param)
    yield request.param
    use_language("en")


@pytest.fixture
def in_chinese() -> Iterator[None]:
    use_language("zh_CN")
    yield
    use_language("en")


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that was made and not yet written to, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "room.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def schema() -> Iterator[str]:
    """The URL of a schema with our tables, to be emptied."""
    assert SERVER is not None
    with schema_of(SERVER) as url:
        Store.open(url).close()
        yield url


@pytest.fixture(params=["sqlite", "postgres"] if SERVER else ["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "postgres":
        return emptied(request.getfixturevalue("schema"))
    shutil.copy(request.getfixturevalue("empty_file"), tmp_path)
    return f"sqlite:///{tmp_path}/room.db"


@pytest.fixture
def room(tmp_path: Path, url: str) -> Iterator[Room]:
    """A room that speaks English."""
    use_language("en")
    made = Room(tmp_path, url, "en")
    yield made
    made.close()


@pytest.fixture
def either_room(tmp_path: Path, language: str, url: str) -> Iterator[Room]:
    """A room that speaks Chinese, and one that speaks English."""
    made = Room(tmp_path, url, language)
    yield made
    made.close()


@pytest.fixture
def golden() -> Callable[[str, Sequence[str]], None]:
    """Compare rows with the file kept under that name. DUTYPHONE_UPDATE_GOLDENS=1 writes the files instead."""

    def compare(name: str, lines: Sequence[str]) -> None:
        path = GOLDENS / f"{name}.txt"
        shown = "".join(line.rstrip() + "\n" for line in lines)
        if UPDATE:
            path.parent.mkdir(exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        assert shown == path.read_text(encoding="utf-8"), f"{path.name} differs; look at it, then update the goldens"

    return compare
