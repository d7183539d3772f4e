"""One end of a call on the wire, once its dialog is established: BYE, re-INVITE, UPDATE, session timers (RFC 4028).

What a telephone does wrong by RFC 3261 is a complaint, not an exception: the exchange goes on as far as it can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dutyphone_simulators.sip import bodies
from dutyphone_simulators.sip.addresses import parse_address, parse_params
from dutyphone_simulators.sip.agenda import Agenda, Alarm
from dutyphone_simulators.sip.bodies import Body, BodyForm
from dutyphone_simulators.sip.calls import Call
from dutyphone_simulators.sip.dialogs import Dialog
from dutyphone_simulators.sip.messages import Headers, Request, Response
from dutyphone_simulators.sip.replies import reply
from dutyphone_simulators.sip.settings import ExchangeSettings, Manner
from dutyphone_simulators.sip.transactions import ServerTransaction, Transactions

ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY, SUBSCRIBE, REGISTER")


class Lines(Protocol):
    """What the wire ends of a call want of the exchange."""

    @property
    def agenda(self) -> Agenda: ...

    @property
    def settings(self) -> ExchangeSettings: ...

    @property
    def transactions(self) -> Transactions: ...

    @property
    def media_address(self) -> tuple[str, int]: ...

    def own(self, door: str) -> tuple[str, int]: ...

    def new_tag(self) -> str: ...

    def new_call_id(self) -> str: ...

    def keep_dialog(self, end: WireEnd) -> None: ...

    def drop_dialog(self, end: WireEnd) -> None: ...

    def complain(self, what: str) -> None: ...


class WireEnd:
    """What both kinds of wire ends do in a dialog that is established."""

    def __init__(self, lines: Lines, call: Call) -> None:
        self.dialog: Dialog | None = None
        self._lines, self._call = lines, call
        self._answering: ServerTransaction | None = None  # the INVITE of theirs that waits for its ACK
        self._session: Alarm | None = None
        self._refresh: tuple[int, str] = (0, "")  # interval, and the method if it is ours to refresh
        self._alarms: list[Alarm] = []

    def receive(self, request: Request, transaction: ServerTransaction) -> None:
        """A request in the dialog."""
        assert self.dialog is not None
        number, _ = request.cseq
        if request.method == "ACK":
            if self._answering is not None and self._answering.request.cseq[0] == number:
                self._answering.acknowledge()
                self._acknowledged(request.body)
            return
        if number <= self.dialog.remote_seq:
            self._lines.complain(f"{request.method}: CSeq {number} is not higher than before (§12.2.1.1)")
            self._reply(transaction, 500)
            return
        self.dialog.remote_seq = number
        self._check_route(request)
        match request.method:
            case "BYE":
                self._reply(transaction, 200)
                self._over()
                self._bye_heard()
            case "INVITE" | "UPDATE":
                self._renegotiate(request, transaction)
            case "INFO":
                if found := parse_params(request.body.decode("utf-8", "replace").replace("\r\n", ";")).get("signal"):
                    self._call.record.digits += found.strip()
                self._reply(transaction, 200)
            case "OPTIONS" | "NOTIFY" | "MESSAGE":
                self._reply(transaction, 200)
            case _:
                self._reply(transaction, 501, headers=(ALLOW,))

    def send(
        self,
        method: str,
        headers: Headers = (),
        body: Body | None = None,
        on_response: Callable[[Response], None] = lambda _response: None,
    ) -> None:
        """A request in the dialog. No answer, or 481, ends the call (§12.2.1.2)."""
        dialog = self.dialog
        assert dialog is not None
        described = (*headers, ("Content-Type", body.type)) if body is not None and body.data else headers
        request = dialog.request(method, described, body.data if body is not None else b"")

        def heard(response: Response) -> None:
            if response.status in (408, 481) and method != "BYE":
                self._lost()
            else:
                on_response(response)

        self._lines.transactions.request(request, dialog.channel, heard, self._lost)

    def hang_up(self) -> None:
        """BYE."""
        if self.dialog is not None:
            self.send("BYE")
            self._over()

    def _established(self, dialog: Dialog) -> None:
        self.dialog = dialog
        self._lines.keep_dialog(self)

    def _over(self) -> None:
        for alarm in (*self._alarms, self._session):
            if alarm is not None:
                alarm.stop()
        if self.dialog is not None:
            self._lines.drop_dialog(self)

    def _lost(self) -> None:
        """The telephone does not answer in the dialog any more."""
        self._over()
        self._bye_heard()

    def _bye_heard(self) -> None:
        raise NotImplementedError

    def _acknowledged(self, _body: bytes) -> None:
        """The ACK to an INVITE of theirs has come."""

    # --- sessions ------------------------------------------------------------------------------------------------

    def _renegotiate(self, request: Request, transaction: ServerTransaction) -> None:
        """A re-INVITE or UPDATE: agree, with an answer if there was an offer, an offer if there was none."""
        asked = bodies.read_media(request.body)
        if asked is not None:
            body = bodies.answer(asked, *self._lines.media_address)
        elif request.method == "INVITE":
            body = bodies.offer(BodyForm.PLAIN, *self._lines.media_address)
        else:
            body = Body()
        headers = self.agree_session(request)
        if request.method == "INVITE":
            self._answering = transaction
            transaction.on_no_ack = self._no_ack
        self._reply(transaction, 200, headers=headers, body=body)

    def agree_session(self, request: Request) -> Headers:
        """What a 2xx says about the session timer that `request` asks for (RFC 4028 §9), and begin to watch it."""
        interval, _, params = request.get("session-expires").partition(";")
        if not interval.strip().isdecimal():
            return ()
        refresher = parse_params(params).get("refresher", "uac")
        self.watch_session(int(interval), "" if refresher == "uac" else "UPDATE")
        return (("Session-Expires", f"{interval.strip()};refresher={refresher}"), ("Require", "timer"))

    def watch_session(self, interval: int, method: str) -> None:
        """Refresh by `method` at half the interval, or expect it of the other side if that is empty (RFC 4028 §10)."""
        if self._session is not None:
            self._session.stop()
        self._refresh = (interval, method)
        if method:
            self._session = self._lines.agenda.after(interval / 2, self._refresh_session)
        else:
            grace = min(32.0, interval / 3)
            self._session = self._lines.agenda.after(interval - grace, self._session_expired)

    def _refresh_session(self) -> None:
        interval, method = self._refresh
        body = bodies.offer(BodyForm.PLAIN, *self._lines.media_address) if method == "INVITE" else None
        self.send(
            method, (("Session-Expires", f"{interval};refresher=uac"), ("Supported", "timer")), body, self._refreshed
        )

    def _refreshed(self, response: Response) -> None:
        self._acknowledge_reinvite(response)
        if response.status >= 300:
            self._lines.complain(f"a session refresh was answered {response.status}")
        elif response.status >= 200:
            self.watch_session(*self._refresh)

    def _session_expired(self) -> None:
        self._lines.complain("the session was not refreshed in time (RFC 4028 §10)")
        self.hang_up()
        self._bye_heard()

    def _acknowledge_reinvite(self, response: Response) -> None:
        if 200 <= response.status < 300 and response.cseq[1] == "INVITE" and self.dialog is not None:
            number = response.cseq[0]
            ack = self.dialog.request("ACK")
            headers = tuple((name, f"{number} ACK" if name == "CSeq" else value) for name, value in ack.headers)
            self._lines.transactions.send_ack(Request(method="ACK", uri=ack.uri, headers=headers), self.dialog.channel)

    # --- helpers -------------------------------------------------------------------------------------------------

    def _no_ack(self) -> None:
        self._lines.complain("a 2xx was never acknowledged (§13.3.1.4)")
        self.hang_up()
        self._bye_heard()

    def _reply(
        self, transaction: ServerTransaction, status: int, *, headers: Headers = (), body: Body | None = None
    ) -> None:
        described = (("Content-Type", body.type),) if body is not None and body.data else ()
        contact = (("Contact", self.dialog.contact),) if self.dialog is not None and status < 300 else ()
        transaction.respond(
            reply(
                transaction.request,
                transaction.channel,
                status,
                headers=(*contact, *headers, *described),
                body=body.data if body is not None else b"",
            )
        )

    def _check_route(self, request: Request) -> None:
        dialog = self.dialog
        assert dialog is not None
        contact = str(parse_address(dialog.contact).uri)
        if request.uri != contact:
            self._lines.complain(f"{request.method} went to {request.uri}, not to the Contact {contact} (§12.2.1.1)")
        if self._lines.settings.manner is Manner.PROXY and not request.every("route"):
            self._lines.complain(f"{request.method} did not take the route that was recorded (§12.2.1.1)")
