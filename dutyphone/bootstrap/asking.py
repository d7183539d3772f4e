"""Asking something of a line from a shell: whom it is about, the request, and what becomes of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from dutyphone.bootstrap.log import Report, open_store
from dutyphone.clock import Clock, SystemClock
from dutyphone.config import Settings
from dutyphone.errors import CannotBeAsked
from dutyphone.i18n import _
from dutyphone.journal.facts import RequestKind, RequestSettled

if TYPE_CHECKING:
    from dutyphone.store.feed import Feed
    from dutyphone.store.readmodels import CallRow, LineRow
    from dutyphone.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is wanted. `line` is the name or title of the line to dial from; `call` is the number people quote it by.

    `number` is whom to dial, or where to send the call.
    """

    what: RequestKind
    line: str = ""
    call: int | None = None
    number: str | None = None


def ask_line(settings: Settings, order: Order, *, drill: bool) -> Report:
    """Ask, wait for what becomes of it, and say it. Raises `CannotBeAsked` where nobody is there to do it."""
    with open_store(settings, drill=drill, create=False) as store:
        return ask_and_wait(store, order, clock=SystemClock(), zone=settings.time_zone(), by=settings.console.officer)


def ask_and_wait(
    store: Store, order: Order, *, clock: Clock, zone: ZoneInfo, by: str, patience_s: float | None = None
) -> Report:
    """The same on an open store. `patience_s` None: as long as suits what is asked."""
    from dutyphone_tui.asking import line_down, no_reply, reply
    from dutyphone_tui.asking import patience_s as usual_patience_s

    from dutyphone.store import commands
    from dutyphone.store.feed import Feed

    line, call = _meant(store, order)
    _need_recorder(store, line, clock.now().utc, zone)
    down = line_down(line)
    if down:
        raise CannotBeAsked(down, advice=_("It is tried again by itself; look with `dutyphone status`."))
    request = uuid.uuid4().hex
    with Feed(store) as feed:
        commands.ask(
            store,
            line.line,
            order.what,
            request=request,
            call=None if call is None else call.call,
            number=order.number,
            by=by,
            now=clock.now().utc,
        )
        patience_s = usual_patience_s(order.what) if patience_s is None else patience_s
        settled = _settled(store, feed, request, clock, clock.now().mono + patience_s)
    if settled is None:
        return Report(ok=False, sentences=(no_reply(order.what),))
    return Report(ok=settled.done, sentences=(reply(order.what, settled, order.number),))


def _settled(store: Store, feed: Feed, request: str, clock: Clock, until: float) -> RequestSettled | None:
    """What became of `request`; None if nothing was heard of it until the `mono` second `until`."""
    seen = feed.last_seq
    while (left_s := until - clock.now().mono) > 0:
        if not feed.wait(left_s):
            continue
        upto = feed.last_seq
        for fact in store.requests_between(seen, upto):
            if isinstance(fact, RequestSettled) and fact.request == request:
                return fact
        seen = upto
    return None


# --- what is meant -----------------------------------------------------------------------------------------------


def _meant(store: Store, order: Order) -> tuple[LineRow, CallRow | None]:
    lines = store.lines()
    if order.what is RequestKind.DIAL:
        return _line(lines, order.line), None
    obeying = {line.line: line for line in lines if line.obeys}
    call = _call(store.open_calls(), order, obeying)
    if call.line not in obeying:
        raise _only_listens(next((line.title for line in lines if line.line == call.line), call.line))
    return obeying[call.line], call


def _line(lines: Sequence[LineRow], wanted: str) -> LineRow:
    for line in lines:
        if wanted in (line.line, line.title):
            if not line.obeys:
                raise _only_listens(line.title)
            return line
    able = [line.line for line in lines if line.obeys]
    raise CannotBeAsked(
        _("There is no line {line!r}.").format(line=wanted),
        advice=_("Lines that can dial: {lines}").format(lines=", ".join(able))
        if able
        else _("No line of this desk can dial; a SIP account can (driver sip_account)."),
    )


def _call(calls: Sequence[CallRow], order: Order, obeying: Collection[str]) -> CallRow:
    from dutyphone_tui.asking import may_be_asked

    if order.call is not None:
        for call in calls:
            if call.id == order.call:
                return call
        raise CannotBeAsked(
            _("Call {id} neither rings nor is in progress.").format(id=order.call),
            advice=_("Look with `dutyphone status` or on the console."),
        )
    fitting = [call for call in calls if call.line in obeying and order.what in may_be_asked(call)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise CannotBeAsked(
            _("Several calls could be meant: {ids}").format(ids=", ".join(str(call.id) for call in fitting)),
            advice=_("Say which one by its number."),
        )
    if order.what is RequestKind.HANG_UP:
        raise CannotBeAsked(_("No call is in progress on a line that can be asked."))
    raise CannotBeAsked(_("No call is ringing on a line that can be asked."))


def _only_listens(title: str) -> CannotBeAsked:
    return CannotBeAsked(
        _("The line {line} only listens: nothing can be asked of it.").format(line=title),
        advice=_("A SIP account can answer, dial and send calls on; a modem cannot. Use the telephone itself."),
    )


def _need_recorder(store: Store, line: LineRow, now: datetime, zone: ZoneInfo) -> None:
    """Nobody else does what is asked."""
    from dutyphone_tui.health import not_recording_since, silence_text, silences

    recorders = store.recorders()
    its = next((recorder for recorder in recorders if recorder.records(line.line)), None)
    if its is None:
        raise CannotBeAsked(_("No recorder runs, and nobody else can do that."), advice=_("Start it: dutyphone record"))
    if not_recording_since(its, now) is not None:
        said = silences([its], [line], now)
        raise CannotBeAsked(
            _("The recorder does not run, and nobody else can do that."), advice=silence_text(said[0], now, zone)
        )
