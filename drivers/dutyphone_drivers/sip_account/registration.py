"""Being reachable: REGISTER for ever (RFC 3261 §10.2), with pings in between to see that the server still knows us.

A registration that lapsed in silence is the worst that can happen to this line, so the server is asked every few
seconds what bindings it has (§10.2.3), or anything at all (OPTIONS, §11) where it does not tell. Whatever is odd about
the answer (we are not in it, it is late, there is none) is a reason to register anew at once. A server that does not
answer is asked again for as long as it takes, at a pace that binds us within seconds of its return; one that refuses is
asked again slowly, because exchanges lock accounts that try too often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import ClassVar

from dutyphone.clock import Moment
from dutyphone.lines.events import LineEvent, LineHeard, LineLost, LineOpened, LossReason
from dutyphone_drivers.sip_account.binding import LONGEST_EXPIRES_S, Binding, seconds_or
from dutyphone_drivers.sip_account.credentials import Credentials
from dutyphone_drivers.sip_account.message import Field, Headers, Request, Response, numbered
from dutyphone_drivers.sip_account.rooms import Sender
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.wire import Address

REFRESH_AT = 0.8
"""Of the granted time. A lost REGISTER is resent for several seconds, which still fits into the rest of 60 s."""

PING_PATIENCE_S = 0.5
"""A ping unanswered when it is first sent again (RFC 3261 §17.1.2.2) makes us register anew: the server may have been
away just now, and have forgotten us."""

MOST_MISSING = 2
"""So often in a row we may not be among the bindings; then the server does not tell them, and is asked otherwise."""

SILENCE_S = 8.0
"""A server that was asked and says nothing for this long is not there: the line is blind since it was last heard."""

UNREACHABLE_PAUSE_S = 2.0
"""Between two attempts at a server that does not answer or cannot be reached, for ever."""

REFUSED_PAUSES_S = (30.0, 60.0, 120.0, 300.0)
"""After a refusal (403, a wrong password): slower each time."""

BUSY_PAUSES_S = (5.0, 10.0, 20.0, 30.0)
"""After 5xx without Retry-After."""

LONGEST_PAUSE_S = 300.0
"""A Retry-After beyond this is not obeyed: a duty line cannot wait for an hour."""

SHORTEST_EXPIRES_S = 1
"""A grant of 0 is a refusal; of 1 s it is kept up, hard as it is."""


class Question(Enum):
    """How the server is asked whether it is there."""

    BINDINGS = "bindings"  # REGISTER without a Contact: who is bound?
    OPTIONS = "options"


class State(Enum):
    """How far the registration is."""

    IDLE = "idle"
    ASKING = "asking"  # a REGISTER is under way
    BOUND = "bound"
    WAITING = "waiting"  # after a failure, until the next attempt
    LEAVING = "leaving"  # a REGISTER that takes the binding back is under way
    ENDED = "ended"


class Registration:
    """Keeps one account bound at one of its servers. Pure: see `core` for who carries what it sends.

    `new_token` gives fresh random text for tags and Call-IDs. `bound_times` counts how often the account was bound anew
    after something odd: what else the server knew of us, such as subscriptions, may be forgotten since.
    """

    def __init__(self, settings: AccountSettings, sender: Sender, new_token: Callable[[], str]) -> None:
        self._settings = settings
        self._sender = sender
        self._new_token = new_token
        self._credentials = Credentials(settings.login, settings.password, new_token)
        self._state = State.IDLE
        self._under_way = ""  # key of the REGISTER that is waited for
        self._asked: Request | None = None
        self._ping = ""  # key of the ping that is waited for
        self._pinged: Request | None = None
        self._question = Question.BINDINGS
        self._missing = 0
        self._binding = Binding(settings)
        self._servers: tuple[Address, ...] = ()
        self._server_index = 0
        self._register_id, self._ping_id, self._from_tag = "", "", ""
        self._cseq = 0
        self._ping_cseq = 0
        self._expires_s = settings.expires_s
        self._failures = 0
        self._last_heard: Moment | None = None
        self._is_anew = True  # the REGISTER under way is more than a refresh
        self.bound_times = 0
        self._fault = ""  # why the transport did not reach the server
        self._asked_since: float | None = None  # since when the server owes us any answer
        self._is_open: bool | None = None
        self._bound_until: float | None = None
        self._at: dict[str, float] = {}  # deadlines by name

    # --- what the core asks --------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self._state

    @property
    def server(self) -> Address:
        """The server that is talked to now."""
        return self._servers[self._server_index]

    @property
    def contact(self) -> str:
        """Our Contact, as the far side reaches it."""
        return self._binding.contact

    def start(self, now: Moment, local: Address, servers: tuple[Address, ...]) -> list[LineEvent]:
        """Begin, or begin again; `local` is our socket, `servers` where the registrar may be, best first."""
        self._at.clear()
        self._is_open = self._bound_until = self._asked_since = None
        self._under_way = self._ping = self._fault = ""
        self._failures = 0
        self._binding.start(local)
        self._servers, self._server_index = servers, 0
        self._register_id, self._ping_id = self._new_token(), self._new_token()
        self._from_tag = self._new_token()
        self._register(now)
        return []

    def stop(self, now: Moment) -> list[LineEvent]:
        """Take the binding back; `state` is ENDED once the server knows, or at once if there is none."""
        self._at.clear()
        if self._bound_until is None or self._state in (State.IDLE, State.ENDED):
            self._state = State.ENDED
            return []
        self._state = State.LEAVING
        self._send_register(now, 0)
        return []

    def heard(self, now: Moment) -> None:
        """Something came from the server: it is there."""
        self._last_heard = now
        self._asked_since = None
        self._fault = ""
        self._at.pop("silent", None)

    def unreachable(self, detail: str) -> None:
        """The transport says why nothing reaches the server; its requests time out next."""
        self._fault = detail

    def reach_again(self, now: Moment) -> list[LineEvent]:
        """The transport lost its connection to the server: a binding made over it may be gone with it."""
        if self._state is State.BOUND:
            self._register_anew(now)
        return []

    def on_response(self, key: str, response: Response, now: Moment) -> list[LineEvent]:
        """An answer to one of our requests."""
        if response.status < 200:
            return []
        if key == self._ping:
            return self._ping_answered(response, now)
        if key != self._under_way:
            return []
        if self._state is State.LEAVING:
            return self._left(response, now)
        if 200 <= response.status < 300:
            return self._granted(response, now)
        if response.status in (401, 407):
            return self._challenged(response, now)
        if response.status == 423:
            return self._too_brief(response, now)
        if response.status >= 500 or response.status in (408, 480):
            return self._put_off(response, now)
        return self._refused(response, now)

    def on_timeout(self, key: str, now: Moment) -> list[LineEvent]:
        """One of our requests was never answered, or could not be sent."""
        if key == self._ping:
            self._ping = ""
            return []
        if key != self._under_way:
            return []
        if self._state is State.LEAVING:
            self._state = State.ENDED
            return []
        self._server_index = (self._server_index + 1) % len(self._servers)
        self._credentials.forget()
        self._wait(now, UNREACHABLE_PAUSE_S)
        if self._is_open is None and self._fault:  # nobody needs to wait to be told what cannot be
            return self._lose(now, LossReason.NETWORK, self._no_answer())
        return []

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called."""
        return min(self._at.values(), default=None)

    def on_deadline(self, now: Moment) -> list[LineEvent]:
        """Time has passed."""
        events: list[LineEvent] = []
        while self._at and (due := min(self._at, key=self._at.__getitem__)) and self._at[due] <= now.mono:
            del self._at[due]
            events += self._WHEN_DUE[due](self, now)
        return events

    # --- when something is due -----------------------------------------------------------------------------------

    def _refresh(self, now: Moment) -> list[LineEvent]:
        self._register(now)
        return []

    def _send_ping(self, now: Moment) -> list[LineEvent]:
        self._at["ping"] = now.mono + self._settings.ping_s
        if not self._ping:
            self._at["ping overdue"] = now.mono + PING_PATIENCE_S
        asks_bindings = self._question is Question.BINDINGS
        self._put_ping(self._credentials.put(self._bindings_request()) if asks_bindings else self.options(), now)
        return []

    def _put_ping(self, request: Request, now: Moment) -> None:
        self._owe(now)
        self._pinged = request
        self._ping = self._sender.send(request, self.server, now, self)

    def _bindings_request(self) -> Request:
        """RFC 3261 §10.2.3."""
        self._cseq += 1
        return Request(method="REGISTER", uri=self._settings.registrar, headers=Headers(self._register_head()))

    def options(self) -> Request:
        """RFC 3261 §11: what can the server do? Any answer shows that it is there."""
        self._ping_cseq += 1
        fields = (
            ("From", f"<{self._settings.address_of_record}>;tag={self._from_tag}"),
            ("To", f"<{self._settings.registrar}>"),
            ("Call-ID", self._ping_id),
            ("CSeq", f"{self._ping_cseq} OPTIONS"),
            ("Max-Forwards", "70"),
            ("Accept", "application/sdp"),
            ("User-Agent", self._settings.user_agent),
        )
        return Request(method="OPTIONS", uri=self._settings.registrar, headers=Headers(fields))

    def _ping_answered(self, response: Response, now: Moment) -> list[LineEvent]:
        """The server is there. Does it know us?"""
        self._ping = ""
        self._at.pop("ping overdue", None)
        if self._state is not State.BOUND or self._pinged is None:
            return []
        if self._pinged.method == "REGISTER":
            self._judge_bindings(self._pinged, response, now)
        return [LineHeard(line=self._settings.line, at=now)]

    def _judge_bindings(self, asked: Request, response: Response, now: Moment) -> None:
        signed = self._credentials.answer(asked, response)
        if signed is not None:
            self._cseq += 1
            self._put_ping(numbered(signed, self._cseq), now)
            return
        if self._has_grown_old(asked, response):
            self._credentials.forget()
        elif not 200 <= response.status < 300:
            self._question = Question.OPTIONS
            return
        else:
            self._credentials.accepted()
            if self._binding.is_among(response):
                self._missing = 0
                return
        self._missing += 1
        if self._missing >= MOST_MISSING:
            self._question = Question.OPTIONS
        self._register_anew(now)

    def _ping_overdue(self, now: Moment) -> list[LineEvent]:
        if self._state is State.BOUND:
            self._register_anew(now)
        return []

    def _silent(self, now: Moment) -> list[LineEvent]:
        """Blind, and for as long as nothing was heard."""
        since = self._last_heard or now
        return self._lose(since, LossReason.NETWORK, self._no_answer())

    def _lapsed(self, now: Moment) -> list[LineEvent]:
        self._bound_until = None
        if not self._is_open:
            return []  # it is known that nobody answers
        if self._asked_since is not None:
            return self._lose(self._last_heard or now, LossReason.NETWORK, self._no_answer())
        return self._lose(now, LossReason.NOT_REGISTERED, "the registration lapsed")

    _WHEN_DUE: ClassVar[Mapping[str, Callable[[Registration, Moment], list[LineEvent]]]] = {
        "register": _refresh,
        "ping": _send_ping,
        "ping overdue": _ping_overdue,
        "silent": _silent,
        "lapse": _lapsed,
    }

    # --- answers to REGISTER -------------------------------------------------------------------------------------

    def _granted(self, response: Response, now: Moment) -> list[LineEvent]:
        granted = self._binding.granted_s(response, self._expires_s)
        if granted < SHORTEST_EXPIRES_S:
            return self._refused(response, now)
        self._credentials.accepted()
        self._failures = 0
        self.bound_times += self._is_anew
        self._is_anew = False
        self._state = State.BOUND
        self._under_way = ""
        self._bound_until = now.mono + granted
        self._at = {"register": now.mono + REFRESH_AT * granted, "lapse": self._bound_until}
        if self._settings.ping_s:
            self._at["ping"] = now.mono + self._settings.ping_s
        if self._binding.is_to_be_mended(response, now):
            self._register(now)
        if self._is_open:
            return [LineHeard(line=self._settings.line, at=now)]
        self._is_open = True
        device = response.headers.get("Server") or response.headers.get("User-Agent")
        return [LineOpened(line=self._settings.line, at=now, port=self._settings.server, device=device)]

    def _challenged(self, response: Response, now: Moment) -> list[LineEvent]:
        return [] if self._sign(response, now) else self._refused(response, now)

    def _too_brief(self, response: Response, now: Moment) -> list[LineEvent]:
        """RFC 3261 §10.2.8."""
        least = seconds_or(response.headers.get("Min-Expires"), 0)
        if not self._expires_s < least <= LONGEST_EXPIRES_S:
            return self._refused(response, now)
        self._expires_s = least
        self._register(now)
        return []

    def _put_off(self, response: Response, now: Moment) -> list[LineEvent]:
        """The server is there and cannot now."""
        pause = BUSY_PAUSES_S[min(self._failures, len(BUSY_PAUSES_S) - 1)]
        asked_for = seconds_or(response.headers.get("Retry-After"), 0)
        self._failures += 1
        self._wait(now, min(asked_for, LONGEST_PAUSE_S) or pause)
        if self._bound_until is not None:
            return []
        return self._lose(now, LossReason.NOT_REGISTERED, response.said)

    def _refused(self, response: Response, now: Moment) -> list[LineEvent]:
        assert self._asked is not None
        if self._has_grown_old(self._asked, response):
            self._credentials.forget()
            self._register_anew(now)
            return []
        pause = REFUSED_PAUSES_S[min(self._failures, len(REFUSED_PAUSES_S) - 1)]
        self._failures += 1
        self._credentials.forget()
        self._bound_until = None
        self._wait(now, pause)
        self._at.pop("lapse", None)
        return self._lose(now, LossReason.NOT_REGISTERED, response.said)

    def _has_grown_old(self, asked: Request, response: Response) -> bool:
        """Some servers refuse the answer to an old challenge instead of asking anew: they are let ask again first."""
        return response.status in (401, 403, 407) and self._credentials.is_from_memory(asked)

    def _left(self, response: Response, now: Moment) -> list[LineEvent]:
        if not self._sign(response, now):
            self._state = State.ENDED
        return []

    # --- steps ---------------------------------------------------------------------------------------------------

    def _register(self, now: Moment) -> None:
        self._state = State.ASKING if self._state is not State.BOUND else self._state
        self._at.pop("register", None)
        self._send_register(now, self._expires_s)

    def _register_anew(self, now: Moment) -> None:
        """Something was odd: the server may have forgotten us, and all that it knew of us."""
        self._is_anew = True
        self._register(now)

    def _send_register(self, now: Moment, expires_s: int) -> None:
        self._cseq += 1
        self._put_register(self._credentials.put(self._register_request(expires_s)), now)

    def _sign(self, response: Response, now: Moment) -> bool:
        """Send the REGISTER again with what `response` asks for; False if that is nothing that we have."""
        assert self._asked is not None
        signed = self._credentials.answer(self._asked, response)
        if signed is None:
            return False
        self._cseq += 1
        self._put_register(numbered(signed, self._cseq), now)
        return True

    def _put_register(self, request: Request, now: Moment) -> None:
        self._owe(now)
        self._asked = request
        self._under_way = self._sender.send(request, self.server, now, self)

    def _register_request(self, expires_s: int) -> Request:
        fields = (
            *self._register_head(),
            *self._binding.fields(expires_s),
            ("Expires", str(expires_s)),
        )
        return Request(method="REGISTER", uri=self._settings.registrar, headers=Headers(fields))

    def _register_head(self) -> tuple[Field, ...]:
        settings = self._settings
        return (
            ("From", f"<{settings.address_of_record}>;tag={self._from_tag}"),
            ("To", f"<{settings.address_of_record}>"),
            ("Call-ID", self._register_id),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Max-Forwards", "70"),
            ("User-Agent", settings.user_agent),
        )

    def _wait(self, now: Moment, pause_s: float) -> None:
        self._state = State.WAITING
        self._is_anew = True
        self._under_way = ""
        for name in ("ping", "ping overdue"):
            self._at.pop(name, None)
        self._at["register"] = now.mono + pause_s

    def _owe(self, now: Moment) -> None:
        """The server is to say something now."""
        if self._asked_since is None:
            self._asked_since = now.mono
            if self._state is not State.LEAVING:
                self._at["silent"] = now.mono + SILENCE_S

    def _no_answer(self) -> str:
        return f"no answer from {self._settings.server}" + (f": {self._fault}" if self._fault else "")

    def _lose(self, at: Moment, reason: LossReason, detail: str) -> list[LineEvent]:
        self._is_open = False
        return [LineLost(line=self._settings.line, at=at, reason=reason, detail=detail)]
