from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from dutyphone_simulators.clock import ManualClock
from dutyphone_simulators.dsp.bank import QUIET, ModemBank, number_of
from dutyphone_simulators.dsp.library import SpandspMissing, load_spandsp
from dutyphone_simulators.dsp.terminals import run_dsp_exchange
from dutyphone_simulators.personality import load_personality

from dutyphone.lines.transcript import parse_transcript

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Without libspandsp these tests cannot run: skipped on a developer's machine, failures where CI is set."""
    if os.environ.get("CI"):
        return
    try:
        load_spandsp()
    except SpandspMissing as missing:
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=f"{missing} {missing.advice}"))


class BankBench:
    """Modems on a toy exchange and a manual clock, with what each said and when (seconds from the start)."""

    def __init__(
        self,
        *personalities: str,
        scenario: str = "",
        **options: object,
    ) -> None:
        self.clock = ManualClock()
        self.start = self.clock.now().mono
        self.told: list[str] = []
        self.bank = ModemBank(
            self.clock.now(),
            [load_personality(name) for name in personalities or ("usr-5637", "conexant-cx81801")],
            scenario=parse_transcript(scenario) if scenario else QUIET,
            report=self.told.append,
            **options,  # type: ignore[arg-type]
        )
        self.said: list[list[tuple[float, bytes]]] = [[] for _ in self.bank.desks]

    def number(self, place: int) -> str:
        return number_of(place)

    def send(self, place: int, *lines: str) -> bytes:
        """Type command lines at modem `place`; what it answered at once."""
        before = len(self.said[place])
        for line in lines:
            self.bank.receive(place, line.encode() + b"\r", self.clock.now())
            self._listen()
        return b"".join(data for _, data in self.said[place][before:])

    def run(self, seconds: float) -> list[bytes]:
        """Let time pass; what each modem said meanwhile."""
        before = [len(said) for said in self.said]
        end = self.clock.now().mono + seconds
        while (due := self.bank.next_deadline()) is not None and due <= end:
            self.clock.advance(max(0.0, due - self.clock.now().mono))
            self.bank.on_deadline(self.clock.now())
            self._listen()
        self.clock.advance(max(0.0, end - self.clock.now().mono))
        self.bank.on_deadline(self.clock.now())
        self._listen()
        return [b"".join(data for _, data in said[first:]) for said, first in zip(self.said, before, strict=True)]

    def when(self, place: int, data: bytes) -> list[float]:
        """The times at which modem `place` said `data`."""
        return [at for at, said in self.said[place] if data in said]

    def _listen(self) -> None:
        for desk, said in zip(self.bank.desks, self.said, strict=True):
            if data := desk.take_output():
                said.append((round(self.clock.now().mono - self.start, 6), data))


@pytest.fixture
def bank() -> Callable[..., BankBench]:
    return BankBench


class RunningExchange:
    """An exchange in a thread, as the command line runs it."""

    def __init__(self, **options: object) -> None:
        self.told: list[str] = []
        self.stop = threading.Event()
        self._heard = threading.Condition()
        self._thread = threading.Thread(
            target=run_dsp_exchange,
            kwargs={"report": self._hear, "stop": self.stop, "speed": 50.0} | options,
        )
        self._thread.start()

    def number(self, place: int) -> str:
        return number_of(place)

    def port(self, place: int) -> str:
        """Where the terminal of modem `place` is."""
        self.wait_for(number_of(place))
        told = next(told for told in self.told if told.startswith(number_of(place)))
        return re.search(r"/dev/\S*\d", told)[0]  # type: ignore[index]

    def wait_for(self, words: str, count: int = 1) -> None:
        """Until `words` have been told so often."""
        with self._heard:
            assert self._heard.wait_for(lambda: sum(words in told for told in self.told) >= count, timeout=20), (
                self.told
            )

    def ended(self) -> bool:
        self._thread.join(20)
        return not self._thread.is_alive()

    def _hear(self, sentence: str) -> None:
        with self._heard:
            self.told.append(sentence)
            self._heard.notify_all()


@pytest.fixture
def exchange() -> Callable[..., object]:
    @contextmanager
    def running(**options: object) -> Iterator[RunningExchange]:
        exchange = RunningExchange(**options)
        try:
            yield exchange
        finally:
            exchange.stop.set()
            assert exchange.ended()

    return running
