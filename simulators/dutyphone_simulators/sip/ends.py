"""Ends of a call that exist only in the exchange: callers outside, the desk phone, numbers behind the gateway."""

from __future__ import annotations

import re
from typing import Protocol

from dutyphone_simulators.sip import bodies
from dutyphone_simulators.sip.agenda import Agenda, Alarm
from dutyphone_simulators.sip.bodies import Body, BodyForm
from dutyphone_simulators.sip.calls import Call
from dutyphone_simulators.sip.media import Sound, Stream
from dutyphone_simulators.sip.messages import Headers
from dutyphone_simulators.sip.records import DESK_PHONE
from dutyphone_simulators.sip.settings import CallScript, FarEnd

FORWARD = re.compile(r"\*(57|40|41)\*([0-9]+)#")
FORWARD_OFF = re.compile(r"#(57|40|41)#")
"""Supplementary services of Chinese fixed lines: 57 all calls, 40 when busy, 41 without answer."""


class Sounds(Protocol):
    """Where sound is had from."""

    @property
    def agenda(self) -> Agenda: ...

    @property
    def media_address(self) -> tuple[str, int]: ...

    def open_stream(self, sound: Sound) -> Stream: ...


class ScriptedCaller:
    """Somebody outside who calls as the script says."""

    def __init__(self, sounds: Sounds, call: Call, script: CallScript) -> None:
        self._call, self._script, self._sounds = call, script, sounds
        self._stream: Stream | None = None
        host, port = sounds.media_address
        self.offer = bodies.offer(script.body, host, port)
        if script.gives_up_s is not None:
            self._gives_up: Alarm | None = sounds.agenda.after(script.gives_up_s, call.given_up)
        else:
            self._gives_up = None

    def hears_ringing(self, _early: Body | None) -> None:
        """The caller listens to the ringing; there is nothing to do."""

    def hears_answer(self, body: Body) -> Body:
        script = self._script
        if self._gives_up is not None:
            self._gives_up.stop()
        media = bodies.read_media(body.data)
        self._stream = self._sounds.open_stream(script.sound)
        self._stream.connect(media)
        if script.talk_s is not None and script.caller_hangs_up:
            self._sounds.agenda.after(script.talk_s, self._call.given_up)
        if script.body is not BodyForm.NONE or not body.data:
            return Body()
        return bodies.answer(media, *self._sounds.media_address)

    def hears_refusal(self, _status: int) -> None:
        """The caller hears the busy tone."""

    def hears_hang_up(self) -> None:
        """The caller hears the busy tone."""

    def over(self) -> None:
        if self._gives_up is not None:
            self._gives_up.stop()
        if self._stream is not None:
            self._call.record.heard_packets = self._stream.heard
            self._call.record.digits += self._stream.digits
            self._stream.close()


class DeskPhone:
    """The telephone on the desk beside the registered one. It rings with every call and can call by itself."""

    who = DESK_PHONE

    def __init__(self) -> None:
        self.ringing: list[DeskBranch] = []
        self.call: Call | None = None  # that it is in, or dialling

    @property
    def busy(self) -> bool:
        return self.call is not None

    def lift(self) -> bool:
        """Take the ringing call. Whether there was one."""
        if self.call is None and self.ringing:
            self.ringing[0].answer()
            return True
        return False

    def hang_up(self) -> None:
        """End the call it is in."""
        call, self.call = self.call, None
        if call is None:
            return
        winner = call.winner
        if isinstance(winner, DeskBranch):
            call.hung_up(winner)
        else:
            call.given_up()

    def freed(self, call: Call) -> None:
        """`call` is over."""
        if self.call is call:
            self.call = None


class DeskBranch:
    """An incoming call that rings at the desk phone."""

    who = DESK_PHONE

    def __init__(self, sounds: Sounds, call: Call, phone: DeskPhone, script: CallScript) -> None:
        self._sounds, self._call, self._phone, self._script = sounds, call, phone, script
        self._alarms: list[Alarm] = []

    def ring(self) -> None:
        after = self._sounds.agenda.after
        if self._phone.busy:
            self._alarms.append(after(0.0, lambda: self._call.refused(self, 486)))
            return
        self._phone.ringing.append(self)
        self._call.rings(self)
        if self._script.desk_answers_s is not None:
            self._alarms.append(after(self._script.desk_answers_s, self.answer))
        if self._script.desk_refuses_s is not None:
            self._alarms.append(after(self._script.desk_refuses_s, self.refuse))

    def answer(self) -> None:
        """Somebody lifts the handset."""
        if self not in self._phone.ringing:
            return
        self._stop()
        self._phone.call = self._call
        self._call.answered(self, Body())
        if self._script.talk_s is not None and not self._script.caller_hangs_up:
            self._alarms.append(self._sounds.agenda.after(self._script.talk_s, self._replace))

    def refuse(self) -> None:
        """Somebody presses the busy key."""
        if self in self._phone.ringing:
            self._stop()
            self._call.refused(self, 486)

    def cancel(self, _headers: Headers) -> None:
        self._stop()

    def hears(self, _body: Body) -> None:
        """Nobody listens."""

    def hang_up(self) -> None:
        self._stop()
        self._phone.freed(self._call)

    def _replace(self) -> None:
        if self._phone.call is self._call:
            self._phone.hang_up()

    def _stop(self) -> None:
        for alarm in self._alarms:
            alarm.stop()
        if self in self._phone.ringing:
            self._phone.ringing.remove(self)


class DeskCaller:
    """The desk phone when it calls."""

    def __init__(
        self, sounds: Sounds, call: Call, phone: DeskPhone, gives_up_s: float | None, talk_s: float | None
    ) -> None:
        self.offer = Body()
        self._sounds, self._call, self._phone, self._talk_s = sounds, call, phone, talk_s
        phone.call = call
        self._gives_up = None if gives_up_s is None else sounds.agenda.after(gives_up_s, call.given_up)

    def hears_ringing(self, _early: Body | None) -> None:
        """It rings in the receiver."""

    def hears_answer(self, _body: Body) -> Body:
        if self._gives_up is not None:
            self._gives_up.stop()
        if self._talk_s is not None:
            self._sounds.agenda.after(self._talk_s, self._call.given_up)
        return Body()

    def hears_refusal(self, _status: int) -> None:
        """The officer hears the busy tone."""

    def hears_hang_up(self) -> None:
        """The officer hears the busy tone."""

    def over(self) -> None:
        self._phone.freed(self._call)


class GatewayBranch:
    """A number outside, reached through the gateway."""

    def __init__(self, sounds: Sounds, call: Call, number: str, script: FarEnd) -> None:
        self.who = number
        self._sounds, self._call, self._script = sounds, call, script
        self._stream: Stream | None = None
        self._alarms: list[Alarm] = []

    def ring(self) -> None:
        script, after = self._script, self._sounds.agenda.after
        if script.status < 300 or script.rings_s > 0:
            self._call.rings(self, self._early() if script.early_media else None)
        self._alarms.append(after(script.rings_s, self._answer if script.status < 300 else self._refuse))

    def cancel(self, _headers: Headers) -> None:
        self._close()

    def hears(self, body: Body) -> None:
        if self._stream is not None:
            self._stream.connect(bodies.read_media(body.data))

    def hang_up(self) -> None:
        self._close()

    def _early(self) -> Body:
        self._stream = self._sounds.open_stream(Sound.RINGING)
        self._stream.connect(bodies.read_media(self._call.caller.offer.data))
        return self._description()

    def _description(self) -> Body:
        host, port = self._sounds.media_address
        offered = self._call.caller.offer
        if not offered.data:
            return bodies.offer(BodyForm.PLAIN, host, port)
        return bodies.answer(bodies.read_media(offered.data), host, port)

    def _answer(self) -> None:
        if self._stream is None:
            self._stream = self._sounds.open_stream(self._script.sound)
            self._stream.connect(bodies.read_media(self._call.caller.offer.data))
        else:
            self._stream.play(self._script.sound)
        if self._call.answered(self, self._description()) is None:
            self._close()
        elif self._script.talk_s is not None:
            self._alarms.append(self._sounds.agenda.after(self._script.talk_s, self._hang_up_here))

    def _refuse(self) -> None:
        self._close()
        self._call.refused(self, self._script.status)

    def _hang_up_here(self) -> None:
        self._close()
        self._call.hung_up(self)

    def _close(self) -> None:
        for alarm in self._alarms:
            alarm.stop()
        if self._stream is not None:
            if self._call.outgoing:
                self._call.record.heard_packets += self._stream.heard
                self._call.record.digits += self._stream.digits
            self._stream.close()
            self._stream = None


def service_code(number: str) -> tuple[str, str] | None:
    """The service and its target ("" takes it back) that `number` is the code of; None if it is none."""
    if found := FORWARD.fullmatch(number):
        return found[1], found[2]
    if found := FORWARD_OFF.fullmatch(number):
        return found[1], ""
    return None
