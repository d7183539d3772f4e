"""Being told of the desk telephone's own calls: SUBSCRIBE to `dialog` (RFC 6665, RFC 4235).

Not every exchange does it. One that refuses is asked again now and then, and meanwhile the line tells what it tells
without: that somebody else answered, not for how long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from dutyphone.clock import Moment
from dutyphone.lines.events import LineDegraded, LineEvent, LineRestored, Trouble
from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.credentials import Credentials
from dutyphone_drivers.sip_account.dialog_info import DialogInfo, read_dialog_info
from dutyphone_drivers.sip_account.message import Headers, Request, Response, numbered
from dutyphone_drivers.sip_account.registration import REFRESH_AT, Registration
from dutyphone_drivers.sip_account.rooms import Sender
from dutyphone_drivers.sip_account.settings import AccountSettings
from dutyphone_drivers.sip_account.wire import Address

EXPIRES_S = 600
"""Asked for; what is granted counts."""

SHORTEST_EXPIRES_S = 10
"""A grant below this is taken for this, or we would ask all the time."""

RETRY_S = 30.0
"""After a failure that may pass."""

REFUSED_S = 600.0
"""After 403, 404, 405, 489 (the exchange does not do this): it may be reconfigured one day."""

_NEVER = frozenset({403, 404, 405, 406, 489, 501})

CONTENT_TYPE = "application/dialog-info+xml"


class Watch:
    """One subscription, kept up while the account is registered. Pure.

    `on_info` is what takes the documents.
    """

    def __init__(
        self,
        settings: AccountSettings,
        sender: Sender,
        new_token: Callable[[], str],
        on_info: Callable[[DialogInfo, Moment], list[LineEvent]],
    ) -> None:
        self._settings, self._sender, self._new_token, self._on_info = settings, sender, new_token, on_info
        self._credentials = Credentials(settings.login, settings.password, new_token)
        self._bound: tuple[Address, str, int] | None = None
        self._server: Address | None = None
        self._contact = ""
        self._call_id, self._from_tag, self._to_tag = "", "", ""
        self._target = ""
        self._route: tuple[str, ...] = ()
        self._cseq = 0
        self._under_way = ""
        self._asked: Request | None = None
        self._version = -1
        self._troubled = False
        self._at: dict[str, float] = {}
        self.is_active = False

    def start(self, now: Moment, registration: Registration) -> list[LineEvent]:
        """The account is registered: subscribe, unless that was done since, and we are reached as before."""
        bound = (registration.server, registration.contact, registration.bound_times)
        if bound == self._bound:
            return []
        self._bound = bound
        self._server, self._contact, _times = bound
        self._anew(now)
        return []

    def stop(self, now: Moment) -> list[LineEvent]:
        """Ask for no more."""
        was_active, self.is_active = self.is_active, False
        self._at.clear()
        self._under_way = ""
        if was_active:
            self._send(now, 0)
            self._under_way = ""
        return []

    def lost(self) -> None:
        """The account is registered no longer; what the server knew of us may be gone with it."""
        self.is_active = False
        self._bound = None
        self._at.clear()
        self._under_way = ""

    def next_deadline(self) -> float | None:
        """The `mono` second at which `on_deadline` wants to be called."""
        return min(self._at.values(), default=None)

    def on_deadline(self, now: Moment) -> list[LineEvent]:
        """Time has passed."""
        events: list[LineEvent] = []
        for name in [name for name, at in self._at.items() if at <= now.mono]:
            self._at.pop(name, None)
            events += self._WHEN_DUE[name](self, now)
        return events

    def on_response(self, key: str, response: Response, now: Moment) -> list[LineEvent]:
        """An answer to SUBSCRIBE."""
        if key != self._under_way or response.status < 200:
            return []
        if response.status in (401, 407):
            assert self._asked is not None
            signed = self._credentials.answer(self._asked, response)
            if signed is not None:
                self._cseq += 1
                self._put(numbered(signed, self._cseq), now)
                return []
        self._under_way = ""
        if 200 <= response.status < 300:
            return self._granted(response, now)
        self.is_active = False
        if response.status == 481:  # it was forgotten
            self._anew(now)
            return []
        self._at = {"anew": now.mono + (REFUSED_S if response.status in _NEVER else RETRY_S)}
        return self._trouble(now, response.said)

    def on_timeout(self, key: str, now: Moment) -> list[LineEvent]:
        """No answer to SUBSCRIBE."""
        if key != self._under_way:
            return []
        self._under_way, self.is_active = "", False
        self._at = {"anew": now.mono + RETRY_S}
        return self._trouble(now, "no answer")

    def on_notify(self, request: Request, now: Moment) -> tuple[int, list[LineEvent]]:
        """A NOTIFY: the status of its answer, and what it makes known (RFC 6665 §4.1.3)."""
        event = (request.headers.get("Event") or "").split(";")[0].strip().lower()
        if event != "dialog":
            return 489, []
        to = fields.to(request)
        if fields.call_id(request) != self._call_id or to is None or to.tag != self._from_tag:
            return 481, []
        state, _, parameters = (request.headers.get("Subscription-State") or "active").partition(";")
        events: list[LineEvent] = []
        if state.strip().lower() == "terminated":
            self.is_active = False
            again_s = 1.0 if "timeout" in parameters or "deactivated" in parameters else RETRY_S
            self._at = {"anew": now.mono + again_s}
        elif not self.is_active and not self._to_tag:
            self._joined(request)  # it may overtake the answer to SUBSCRIBE (RFC 6665 §4.1.2.4)
        info = read_dialog_info(request.body)
        if info is None:
            return (200 if not request.body.strip() else 400), events
        if not self._is_new(info):
            return 200, events
        return 200, events + self._on_info(info, now)

    # --- steps ---------------------------------------------------------------------------------------------------

    def _anew(self, now: Moment) -> None:
        self._call_id, self._from_tag, self._to_tag = self._new_token(), self._new_token(), ""
        self._target, self._route = self._settings.address_of_record, ()
        self._cseq, self._version = 0, -1
        self.is_active = False
        self._at.clear()
        self._send(now, EXPIRES_S)

    def _begin_anew(self, now: Moment) -> list[LineEvent]:
        self._anew(now)
        return []

    def _refresh(self, now: Moment) -> list[LineEvent]:
        self._send(now, EXPIRES_S)
        return []

    def _lapsed(self, now: Moment) -> list[LineEvent]:
        self._anew(now)
        return []

    _WHEN_DUE: ClassVar[Mapping[str, Callable[[Watch, Moment], list[LineEvent]]]] = {
        "anew": _begin_anew,
        "refresh": _refresh,
        "lapse": _lapsed,
    }

    def _send(self, now: Moment, expires_s: int) -> None:
        self._cseq += 1
        settings = self._settings
        to = f"<{settings.address_of_record}>" + (f";tag={self._to_tag}" if self._to_tag else "")
        request = Request(
            method="SUBSCRIBE",
            uri=self._target,
            headers=Headers(
                (
                    *(("Route", hop) for hop in self._route),
                    ("From", f"<{settings.address_of_record}>;tag={self._from_tag}"),
                    ("To", to),
                    ("Call-ID", self._call_id),
                    ("CSeq", f"{self._cseq} SUBSCRIBE"),
                    ("Contact", f"<{self._contact}>"),
                    ("Event", "dialog"),
                    ("Accept", CONTENT_TYPE),
                    ("Expires", str(expires_s)),
                    ("Max-Forwards", "70"),
                    ("User-Agent", settings.user_agent),
                )
            ),
        )
        self._put(self._credentials.put(request), now)

    def _put(self, request: Request, now: Moment) -> None:
        assert self._server is not None
        self._asked = request
        self._under_way = self._sender.send(request, self._server, now, self)

    def _granted(self, response: Response, now: Moment) -> list[LineEvent]:
        self._credentials.accepted()
        to = fields.to(response)
        if to is not None and to.tag and not self._to_tag:
            self._to_tag = to.tag
            contact = fields.contact(response)
            self._target = contact.text if contact is not None else self._target
            self._route = tuple(reversed(response.headers.all("Record-Route")))
        expires = fields.expires(response)
        granted = max(SHORTEST_EXPIRES_S, EXPIRES_S if expires is None else min(expires, EXPIRES_S))
        self.is_active = True
        self._at = {"refresh": now.mono + REFRESH_AT * granted, "lapse": now.mono + granted}
        return self._restored(now)

    def _joined(self, notify: Request) -> None:
        sender, contact = fields.from_(notify), fields.contact(notify)
        self._to_tag = (sender.tag if sender is not None else None) or ""
        self._target = contact.text if contact is not None else self._target
        self._route = notify.headers.all("Record-Route")

    def _is_new(self, info: DialogInfo) -> bool:
        """A document that was overtaken says nothing new (RFC 4235 §4.1); versions of some exchanges stand still."""
        if info.full or info.version > self._version or info.version == 0:
            self._version = info.version
            return True
        return False

    def _trouble(self, now: Moment, detail: str) -> list[LineEvent]:
        if self._troubled:
            return []
        self._troubled = True
        return [LineDegraded(line=self._settings.line, at=now, trouble=Trouble.DESK_PHONE_UNSEEN, detail=detail)]

    def _restored(self, now: Moment) -> list[LineEvent]:
        if not self._troubled:
            return []
        self._troubled = False
        return [LineRestored(line=self._settings.line, at=now, trouble=Trouble.DESK_PHONE_UNSEEN)]
