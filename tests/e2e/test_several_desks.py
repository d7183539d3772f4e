"""Several recorders and consoles on one PostgreSQL, through real processes: one unbroken chain, and to each its own."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from support.desks import Desk, Onlooker, OwnServer, ended, rows, wait_for
from support.lifecycle import lifecycle_faults
from support.server import SERVER, schema_of

from dutyphone.journal.facts import CallEnded, Fact, RecorderStopped, StopReason
from dutyphone.lines.events import Evidence
from dutyphone.store.readmodels import CallState, LineCondition
from dutyphone.store.replay import facts
from dutyphone.store.store import Store
from dutyphone.store.verify import verify

CALLS = 4
MANY = 7
ONE_CALL = "* call from={number} rings=2 hook=true answered=true talk=6\n@ +{pause}\n"
SETTLED = "@ +100\n"
"""By then the modem is set up; that goes at the speed of life."""
RINGING = SETTLED + "* call from=01055501299 rings=90\n@ +3600\n"
QUIET = "@ +3600\n"

pytestmark = pytest.mark.skipif(SERVER is None, reason="no PostgreSQL server; see tools/with-postgres")


def busy(first: int, calls: int = CALLS, pause: int = 16) -> str:
    """Calls from `first` on, one after the other."""
    return (
        SETTLED + "".join(ONE_CALL.format(number=f"0105550{first + n:04}", pause=pause) for n in range(calls)) + QUIET
    )


@pytest.fixture
def url() -> Iterator[str]:
    assert SERVER is not None
    with schema_of(SERVER) as made:
        Store.open(made).close()
        yield made


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[[str, str, Mapping[str, str]], Desk]]:
    """Sets up a desk."""
    with ExitStack() as stack:

        def make(name: str, url: str, lines: Mapping[str, str]) -> Desk:
            return stack.enter_context(closing(Desk(tmp_path / name, url, lines)))

        yield make


def journal(store: Store) -> list[Fact]:
    with store.database.snapshot() as session:
        return [fact for _seq, fact in facts(session)]


def numbers(store: Store, line: str) -> list[str | None]:
    return [row.number for row in rows(store, line)]


def conditions(store: Store) -> dict[str, LineCondition]:
    return {line.line: line.condition for line in store.lines()}


def test_every_call_of_every_desk_is_in_one_chain_and_every_console_sees_it(store: Store, url: str, desk) -> None:
    """X01, X08: three recorders with four lines, two consoles; nothing lost, nothing twice."""
    lines = {"desk": 1000, "fax": 2000, "hall": 3000, "gate": 4000}
    desks = [
        desk("a", url, {"desk": busy(1000)}),
        desk("b", url, {"fax": busy(2000), "hall": busy(3000)}),
        desk("c", url, {"gate": busy(4000)}),
    ]
    with closing(Onlooker(url)) as one, closing(Onlooker(url)) as two:
        recorders = [each.record() for each in desks]
        wait_for(lambda: ended(store) >= CALLS * len(lines), lambda: (rows(store), store.lines()))
        status = desks[0].call("status")
        assert status.returncode == 0, status
        assert sum("runs since" in sentence for sentence in status.stdout.splitlines()) == 3
        for each, process in zip(desks, recorders, strict=True):
            assert each.stop(process) == (0, "")
        end = store.last_seq()
        for onlooker in (one, two):
            wait_for(lambda onlooker=onlooker: bool(onlooker.seen) and onlooker.seen[-1] == end)
            assert onlooker.seen == list(range(1, end + 1))
            assert onlooker.failures == 0
    for line, first in lines.items():
        assert numbers(store, line) == [f"+86105550{first + n:04}" for n in range(CALLS)]
    assert verify(store).ok
    assert lifecycle_faults(journal(store)) == []
    assert set(conditions(store).values()) == {LineCondition.DOWN}
    assert len({row.recorder for row in store.recorders()}) == 3


def test_a_recorder_that_is_killed_takes_nobody_with_it_and_repairs_its_own(store: Store, url: str, desk) -> None:
    """X04, S1-42: each desk's calls, lines and interruptions are its own."""
    dying = desk("a", url, {"desk": RINGING})
    living = desk("b", url, {"fax": RINGING, "hall": busy(3000)})
    other = living.record()
    victim = dying.record()
    wait_for(lambda: {row.line for row in store.open_calls() if row.rings > 1} >= {"desk", "fax"}, store.open_calls)
    (rings_on,) = [row for row in store.open_calls() if row.line == "fax"]
    (cut_off,) = [row for row in store.open_calls() if row.line == "desk"]
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    again = dying.record()
    wait_for(lambda: {row.line for row in store.open_calls()} >= {"desk", "fax"}, store.open_calls)
    wait_for(lambda: ended(store, "hall") >= CALLS, lambda: rows(store))

    (dead,) = [fact for fact in journal(store) if isinstance(fact, RecorderStopped)]
    assert dead.reason is StopReason.FOUND_DEAD
    closed = next(row for row in rows(store, "desk") if row.call == cut_off.call)
    assert (closed.state, closed.evidence) == (CallState.ENDED, Evidence.RECORDER_STOPPED)
    (still,) = [row for row in store.open_calls() if row.line == "fax"]
    assert still.call == rings_on.call
    assert still.rings > rings_on.rings
    assert conditions(store)["fax"] is LineCondition.RINGING
    blind = store.blind_intervals(dead.at.replace(hour=0), dead.at.replace(year=dead.at.year + 1))
    assert {row.line for row in blind if row.reason is None} == {"desk"}

    stopped = dying.call("stop")
    assert stopped.returncode == 0, stopped
    assert again.wait(20) == 0
    assert other.poll() is None, "`stop` is for the recorder of this desk"
    assert conditions(store)["fax"] is LineCondition.RINGING
    assert "is not running" in living.call("status").stdout
    assert living.stop(other) == (0, "")
    assert store.open_calls() == ()
    assert verify(store).ok
    assert lifecycle_faults(journal(store)) == []


def test_a_line_that_another_desk_records_is_refused_and_the_rest_recorded(store: Store, url: str, desk) -> None:
    first = desk("a", url, {"desk": QUIET})
    second = desk("b", url, {"desk": QUIET, "fax": QUIET})
    third = desk("c", url, {"desk": QUIET})
    one = first.record()
    wait_for(lambda: conditions(store).get("desk") is LineCondition.IDLE)
    two = second.record()
    wait_for(lambda: conditions(store).get("fax") is LineCondition.IDLE)
    refused = third.call("record", "--wait")
    assert refused.returncode == 5
    assert f"Line desk is recorded by another recorder: process {one.pid} on " in refused.stderr
    assert "one recorder" in refused.stderr
    assert "Traceback" not in refused.stderr
    twice = first.call("record", "--wait")
    assert twice.returncode == 5
    assert "data_folder" in twice.stderr, "the folder of what could not be written is one recorder's own"
    code, said = second.stop(two)
    assert code == 0
    assert f"process {one.pid}" in said
    assert conditions(store) == {"desk": LineCondition.IDLE, "fax": LineCondition.DOWN}
    given_up = second.folder / "config.toml"
    given_up.write_text(given_up.read_text("utf-8").replace("idle_class = 8", "enabled = false"), "utf-8")
    two = second.record()
    wait_for(lambda: list(conditions(store)) == ["desk"], store.lines)
    second.stop(two)
    assert first.stop(one) == (0, "")
    assert verify(store).ok


def test_a_server_that_goes_away_and_comes_back_costs_no_call(desk) -> None:
    """X30, X08: what is heard meanwhile waits in memory and is written once; consoles catch up."""
    with ExitStack() as stack:
        server = stack.enter_context(closing(OwnServer()))
        store = stack.enter_context(Store.open(server.url))
        desks = [desk("a", server.url, {"desk": busy(1000, MANY)}), desk("b", server.url, {"fax": busy(2000, MANY)})]
        onlooker = stack.enter_context(closing(Onlooker(server.url)))
        recorders = [each.record() for each in desks]
        for calls in (1, 3):
            wait_for(lambda calls=calls: min(ended(store, "desk"), ended(store, "fax")) >= calls, lambda: rows(store))
            failures = onlooker.failures
            server.stop()
            wait_for(lambda failures=failures: onlooker.failures > failures + 50)
            server.start()
        wait_for(lambda: ended(store) >= 2 * MANY, lambda: (rows(store), store.lines()))
        for each, process in zip(desks, recorders, strict=True):
            code, said = each.stop(process)
            assert code == 0, said
            assert "nothing was lost" in said
        assert numbers(store, "desk") == [f"+86105550{1000 + n}" for n in range(MANY)]
        assert numbers(store, "fax") == [f"+86105550{2000 + n}" for n in range(MANY)]
        assert verify(store).ok
        assert lifecycle_faults(journal(store)) == []
        assert not any(
            isinstance(fact, CallEnded) and fact.evidence is Evidence.RECORDER_STOPPED for fact in journal(store)
        )
        wait_for(lambda: onlooker.seen[-1] == store.last_seq())
        assert onlooker.seen == list(range(1, store.last_seq() + 1))
