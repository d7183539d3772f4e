"""What an exchange says of itself and of us, in sentences: the dialogue of one registration, listened to. Pure.

Beside the registration it is asked what it can (OPTIONS, RFC 3261 §11) and whether it tells of the desk telephone
(SUBSCRIBE, RFC 4235). What only a call can show (codecs, names, why it stopped ringing) is said to need one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from dutyphone.clock import Moment
from dutyphone.i18n import _
from dutyphone.lines.events import CallerIdHeard, LineDegraded, LineEvent, LineOpened, Trouble
from dutyphone.lines.examination import Asked, Certainty, Claim, Examination, Note, Power
from dutyphone_drivers.sip_account import fields, message, session
from dutyphone_drivers.sip_account.core import SipCore
from dutyphone_drivers.sip_account.digest import Challenge
from dutyphone_drivers.sip_account.fields import NameAddr
from dutyphone_drivers.sip_account.masks import masked
from dutyphone_drivers.sip_account.message import NotSip, Request, Response
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.wire import Address, Packet

PATIENCE_S = 4.0
"""After the registration: how long the answers to the other questions are waited for."""

MOST_ASKED = 40
"""Requests of ours kept with their answers."""

_TOLD = (
    "WWW-Authenticate",
    "Proxy-Authenticate",
    "Contact",
    "Expires",
    "Min-Expires",
    "Retry-After",
    "Allow",
    "Allow-Events",
    "Supported",
    "Server",
    "User-Agent",
    "Warning",
    "Reason",
)
"""Header fields of an answer that an engineer wants to see."""


class ExaminingCore(SipCore):
    """A core that registers, watches, and keeps what it is told. `LineOpened` comes once everything is asked."""

    def __init__(self, settings: AccountSettings, new_token: Callable[[], str]) -> None:
        super().__init__(replace(settings, watch=True), new_token)
        self._account = replace(settings, watch=True)
        self._asked: dict[tuple[str, str], tuple[str, tuple[str, ...], str]] = {}
        self._local: Address | None = None
        self._opened: LineOpened | None = None
        self._give_up_at: float | None = None
        self._bindings: tuple[NameAddr, ...] = ()
        self._challenge: Challenge | None = None
        self._granted: int | None = None
        self._seen_as: tuple[str, int] | None = None
        self._allowed = ""
        self._watch_refused = ""
        self._watch_works = False
        self._codecs: tuple[str, ...] = ()
        self._caller: CallerIdHeard | None = None
        self._reason = ""
        self.is_complete = False

    def start(self, now: Moment, local: Address, servers: Sequence[Address]) -> Sequence[LineEvent]:
        self._local = local
        return super().start(now, local, servers)

    def receive(self, data: bytes, source: Address, now: Moment) -> Sequence[LineEvent]:
        try:
            heard = message.read(data)
        except NotSip:
            heard = None
        if isinstance(heard, Response):
            self._hear_answer(heard)
        elif isinstance(heard, Request):
            self._hear_question(heard)
        return self._held(super().receive(data, source, now), now)

    def on_deadline(self, now: Moment) -> Sequence[LineEvent]:
        return self._held(super().on_deadline(now), now)

    def next_deadline(self) -> float | None:
        due = (super().next_deadline(), self._give_up_at)
        return min((at for at in due if at is not None), default=None)

    def take_output(self) -> list[Packet]:
        packets = super().take_output()
        for packet in packets:
            sent = message.read(masked(packet.data))
            if isinstance(sent, Request):
                self._note(sent, f"{sent.method} {sent.uri}")
        return packets

    # --- listening -----------------------------------------------------------------------------------------------

    def _note(self, sent: Request, what: str) -> None:
        if len(self._asked) < MOST_ASKED and sent.method != "ACK":
            self._asked.setdefault(_key(sent), (what, (), ""))

    def _hear_answer(self, answer: Response) -> None:
        key = _key(answer)
        if key in self._asked and answer.status >= 200:
            told = tuple(f"{name}: {', '.join(values)}" for name in _TOLD if (values := answer.headers.all(name)))
            self._asked[key] = (self._asked[key][0], told, answer.said)
        number = fields.cseq(answer)
        if number is None:
            return
        for name in ("WWW-Authenticate", "Proxy-Authenticate"):
            for text in answer.headers.all(name):
                self._challenge = Challenge.read(text) or self._challenge
        if number.method == "REGISTER" and 200 <= answer.status < 300:
            self._bindings = self._bindings if self.is_complete else fields.contacts(answer)
            via = fields.top_via(answer)
            if via is not None and via.rport is not None:
                self._seen_as = (via.received or via.host, via.rport)
        if number.method == "OPTIONS":
            self._allowed = answer.headers.get("Allow") or self._allowed
        if number.method == "SUBSCRIBE" and answer.status >= 200:
            self._watch_works = answer.status < 300
            refused = answer.status >= 300 and answer.status not in (401, 407)
            self._watch_refused = answer.said if refused else ""

    def _hear_question(self, request: Request) -> None:
        if request.method == "INVITE" and (offer := session.read(request)) is not None:
            self._codecs = tuple(codec.name for codec in offer.codecs)
        if request.method == "CANCEL":
            said = fields.reason(request)
            self._reason = request.headers.get("Reason") or "-" if said else "-"

    def _held(self, events: Sequence[LineEvent], now: Moment) -> list[LineEvent]:
        """`events`, with `LineOpened` kept until the other questions are answered, too."""
        told: list[LineEvent] = []
        for event in events:
            if isinstance(event, LineOpened):
                if self._opened is None:
                    self._give_up_at = now.mono + PATIENCE_S
                    self.send(self._registration.options(), self._registration.server, now, _Nobody())
                self._opened = event
                continue
            if isinstance(event, CallerIdHeard):
                self._caller = event
            if not (isinstance(event, LineDegraded) and event.trouble is Trouble.DESK_PHONE_UNSEEN):
                told.append(event)
        if self._give_up_at is not None and (self._watch_is_known or now.mono >= self._give_up_at):
            assert self._opened is not None
            told.append(replace(self._opened, at=now))
            self._give_up_at = None
            self.is_complete = True
        return told

    # --- in words ------------------------------------------------------------------------------------------------

    @property
    def _watch_is_known(self) -> bool:
        return self._watch_works or bool(self._watch_refused)

    def examination(self) -> Examination:
        """What is known now; a call that came meanwhile has shown more."""
        return Examination(
            device=self._opened.device if self._opened is not None else None,
            family="sip",
            family_title=_("an exchange that speaks SIP"),
            recognised=True,
            claims=self._claims(),
            notes=(*self._notes(), *self._call_notes()),
            asked=tuple(Asked(command=what, answer=told, result=end) for what, told, end in self._asked.values()),
        )

    def _call_notes(self) -> list[Note]:
        """What a call has shown, once there was one."""
        notes = []
        if self._caller is not None:
            shown = self._caller.number or _("no number was sent")
            names = ", ".join(dict.fromkeys(name for name, _value in self._caller.fields))
            notes.append(Note(sentence=_("Who calls stands in {fields}: {caller}.").format(fields=names, caller=shown)))
        if self._codecs:
            notes.append(Note(sentence=_("Callers speak {codecs}.").format(codecs=", ".join(self._codecs))))
        if self._reason == "-":
            notes.append(
                Note(
                    sentence=_("When it stops ringing, the exchange does not say why."),
                    advice=_(
                        "Have the exchange send Reason with its CANCEL, or set watch = true; without either, a call "
                        "that was answered at the desk telephone looks missed."
                    ),
                )
            )
        elif self._reason:
            notes.append(
                Note(sentence=_("When it stops ringing, the exchange says why: {reason}.").format(reason=self._reason))
            )
        return notes

    def _claims(self) -> dict[Power, Claim]:
        watch = Certainty.CLAIMED if self._watch_works else Certainty.UNKNOWN
        because = "SUBSCRIBE dialog" + (f": {self._watch_refused}" if self._watch_refused else "")
        return {
            Power.RING: Claim(certainty=Certainty.CLAIMED, because="REGISTER"),
            Power.CALLER_ID: Claim(certainty=Certainty.CLAIMED, because="From"),
            Power.HANDSET: Claim(certainty=watch, because=because),
            Power.DIALLED_DIGITS: Claim(
                certainty=Certainty.CLAIMED if self._watch_works else Certainty.NO, because=because
            ),
            Power.FAX_TONE: Claim(certainty=Certainty.NO),
        }

    def _notes(self) -> list[Note]:
        notes = (self._password(), self._binding(), self._others(), self._nat(), self._can(), self._watching())
        return [note for note in notes if note is not None]

    def _password(self) -> Note | None:
        if self._challenge is None:
            return Note(
                sentence=_("The exchange asked for no password."),
                advice=_("Anybody in this network could register this account; let the exchange ask."),
            )
        return Note(sentence=_("The password was taken ({kind}).").format(kind=self._challenge.algorithm))

    def _binding(self) -> Note | None:
        ours = next((binding for binding in self._bindings if self._is_ours(binding)), None)
        if ours is None:
            return Note(sentence=_("The exchange does not tell who is registered."))
        granted = ours.parameter("expires")
        return Note(
            sentence=_("Registered for {granted} s; asked for were {asked} s.").format(
                granted=granted or "?", asked=self._account.expires_s
            )
        )

    def _others(self) -> Note | None:
        others = [binding for binding in self._bindings if not self._is_ours(binding)]
        if not self._bindings:
            return None
        if not others:
            return Note(sentence=_("No other telephone is registered with this account."))
        where = ", ".join(binding.uri.host if binding.uri is not None else binding.text for binding in others)
        return Note(
            sentence=_("Other telephones registered with this account: {n} ({where}).").format(
                n=len(others), where=where
            )
        )

    def _nat(self) -> Note | None:
        local, seen = self._local, self._seen_as
        if local is None or seen is None or seen == (local.host, local.port):
            return None
        sentence = _("Between us and the exchange addresses are translated (NAT): we are {ours}, it sees {seen}.")
        return Note(sentence=sentence.format(ours=f"{local.host}:{local.port}", seen=f"{seen[0]}:{seen[1]}"))

    def _can(self) -> Note | None:
        return Note(sentence=_("It understands {methods}.").format(methods=self._allowed)) if self._allowed else None

    def _watching(self) -> Note:
        if self._watch_works:
            return Note(
                sentence=_(
                    "The exchange tells of the desk telephone's own calls; watch = true logs them, with how long was "
                    "talked."
                )
            )
        if self._watch_refused:
            return Note(
                sentence=_("The exchange does not tell of the desk telephone's own calls ({said}).").format(
                    said=self._watch_refused
                )
            )
        return Note(sentence=_("Whether the exchange tells of the desk telephone's own calls is not known: no answer."))

    def _is_ours(self, binding: NameAddr) -> bool:
        return binding.uri is not None and binding.uri.user == self._account.contact_user


class _Nobody:
    """A `rooms.Room` for what was only asked to be listened to."""

    def on_response(self, key: str, response: Response, now: Moment) -> list[LineEvent]:  # noqa: ARG002
        return []

    def on_timeout(self, key: str, now: Moment) -> list[LineEvent]:  # noqa: ARG002
        return []


def _key(one: Request | Response) -> tuple[str, str]:
    number = fields.cseq(one)
    return fields.call_id(one) or "", str(number) if number is not None else ""
