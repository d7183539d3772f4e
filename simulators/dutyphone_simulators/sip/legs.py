"""Ends of a call on the wire: registered telephones, as those for whom it rings and as those who call.

What a telephone does wrong by RFC 3261 is a complaint, not an exception: the exchange goes on as far as it can.
"""

from __future__ import annotations

from dataclasses import replace

from dutyphone_simulators.sip import bodies
from dutyphone_simulators.sip.addresses import host_port, parse_address, parse_params
from dutyphone_simulators.sip.bodies import SDP, Body
from dutyphone_simulators.sip.calls import Call
from dutyphone_simulators.sip.dialogs import Dialog
from dutyphone_simulators.sip.identity import identity
from dutyphone_simulators.sip.messages import Headers, Request, Response
from dutyphone_simulators.sip.records import LegRecord
from dutyphone_simulators.sip.registrar import Binding
from dutyphone_simulators.sip.replies import reply
from dutyphone_simulators.sip.settings import CallScript, Manner
from dutyphone_simulators.sip.transactions import ClientTransaction, ServerTransaction
from dutyphone_simulators.sip.wire_end import ALLOW, Lines, WireEnd

GATEWAY = "gateway.invalid"
"""Where callers are, behind a proxy: a name that leads nowhere, so that who ignores Record-Route is lost."""


class TelephoneBranch(WireEnd):
    """A registered telephone for which it rings."""

    def __init__(
        self,
        lines: Lines,
        call: Call,
        binding: Binding,
        script: CallScript,
        *,
        shared: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(lines, call)
        self.who = binding.account
        self._binding, self._script = binding, script
        self._invite: ClientTransaction | None = None
        self._twin: ClientTransaction | None = None
        self._call_id, self._tag = shared or (lines.new_call_id(), lines.new_tag())
        self._to_tag = ""
        self._given_up = False
        self.record = LegRecord(call_id=self._call_id, contact=str(binding.contact.uri), sent_at=lines.agenda.now)
        call.record.legs.append(self.record)

    def ring(self) -> None:
        request = self._make_invite()
        send = self._lines.transactions.request
        vias = self._further_vias()
        channel, style = self._binding.channel, self._script.style
        self._invite = send(request, channel, self._heard, self._timed_out, style=style, further_vias=vias)
        if self._script.merged:
            self._twin = send(
                request, channel, self._twin_heard, lambda: None, style=style, further_vias=self._further_vias()
            )

    def cancel(self, headers: Headers) -> None:
        self._given_up = True
        for invite in (self._invite, self._twin):
            if invite is not None and invite.final is None:
                self.record.cancelled_at = self.record.cancelled_at or self._lines.agenda.now
                invite.cancel(headers)

    def hears(self, _body: Body) -> None:
        """Done in the ACK."""

    def _make_invite(self) -> Request:
        lines, script, binding = self._lines, self._script, self._binding
        proxied = lines.settings.manner is Manner.PROXY
        own_host, _ = own = lines.own(binding.channel.door)
        host = f"[{own_host}]" if ":" in own_host else own_host
        called = self._call.record.called
        who = identity(script.caller, host=host, called=called)
        offer = self._call.caller.offer
        transport = f";transport={binding.channel.door}" if binding.channel.reliable else ""
        user = script.caller.number
        self._contact = f"<sip:{user}@{GATEWAY}:5080>" if proxied else f"<sip:{user}@{host_port(own)}{transport}>"
        self._from, self._to = f"{who.from_};tag={self._tag}", f"<sip:{called}@{host}>"
        if script.merged or not proxied:
            recorded: Headers = ()
        else:
            recorded = (("Record-Route", f"<sip:{host_port(own)}{transport};lr>"),)
        session: Headers = ()
        if script.session_expires_s is not None:
            value = f"{script.session_expires_s};refresher={script.refresher}"
            session = (("Session-Expires", value), ("Min-SE", str(min(90, script.session_expires_s))))
        asked = binding.contact.uri
        if lines.settings.asks_for_account:
            asked = replace(asked, user=binding.account)
        return Request(
            method="INVITE",
            uri=str(asked),
            headers=(
                *recorded,
                ("Max-Forwards", "69" if proxied else "70"),
                ("From", self._from),
                ("To", self._to),
                ("Call-ID", self._call_id),
                ("CSeq", "101 INVITE"),
                ("Contact", self._contact),
                *who.headers,
                *session,
                *script.headers,
                ALLOW,
                ("Supported", "replaces, timer"),
                *((("Content-Type", offer.type),) if offer.data else ()),
            ),
            body=offer.data,
        )

    def _further_vias(self) -> tuple[str, ...]:
        if self._lines.settings.manner is not Manner.PROXY:
            return ()
        return (f"SIP/2.0/UDP {GATEWAY}:5080;branch={self._lines.transactions.new_branch()};received=192.0.2.7",)

    def _heard(self, response: Response) -> None:
        self._check(response)
        if 100 < response.status < 200:
            self.record.rang_at = self.record.rang_at or self._lines.agenda.now
            early = Body(SDP, response.body) if response.body else None
            if not self._given_up:
                self._call.rings(self, early)
        elif 200 <= response.status < 300:
            self._taken(response)
        elif response.status >= 300:
            self._final(response.status)
            if not self._given_up:
                self._call.refused(self, response.status, _targets(response))

    def _taken(self, response: Response) -> None:
        if self.dialog is not None:
            self._acknowledge(Body())  # our ACK was lost
            return
        self._final(response.status)
        contacts = response.every("contact")
        self._established(
            Dialog(
                call_id=self._call_id,
                local=self._from,
                remote=response.get("to"),
                local_tag=self._tag,
                remote_tag=self._to_tag,
                target=_uri(contacts[0]) if contacts else self.record.contact,
                channel=self._binding.channel,
                contact=self._contact,
                local_seq=101,
            )
        )
        answer = None if self._given_up else self._call.answered(self, Body(SDP, response.body))
        self._acknowledge(answer or Body())
        if answer is None:
            self.hang_up()  # the CANCEL and the 200 have crossed
            return
        self._agreed(response)

    def _agreed(self, response: Response) -> None:
        interval, _, params = response.get("session-expires").partition(";")
        if interval.strip().isdecimal():
            ours = parse_params(params).get("refresher", "uac") == "uac"
            self.watch_session(int(interval), self._script.refresh_by if ours else "")
        elif self._script.session_expires_s is not None:
            # A telephone that knows nothing of session timers: the exchange refreshes for itself (RFC 4028 §7.2).
            self.watch_session(self._script.session_expires_s, "INVITE")
        if self._script.hold_s is not None:
            self._alarms.append(self._lines.agenda.after(self._script.hold_s, self._hold))

    def _hold(self) -> None:
        media = bodies.Media(host="", port=0, codecs=(bodies.PCMA,))
        body = bodies.answer(media, *self._lines.media_address, direction="sendonly")
        self.send("INVITE", (), body, self._acknowledge_reinvite)

    def _acknowledge(self, body: Body) -> None:
        assert self.dialog is not None
        described = (("Content-Type", body.type),) if body.data else ()
        ack = self.dialog.request("ACK", described, body.data)
        headers = tuple((name, "101 ACK" if name == "CSeq" else value) for name, value in ack.headers)
        self._lines.transactions.send_ack(
            Request(method="ACK", uri=ack.uri, headers=headers, body=ack.body), self.dialog.channel, self._script.style
        )

    def _twin_heard(self, response: Response) -> None:
        if 200 <= response.status < 300:
            self._lines.complain("the same request on a second way was answered 2xx (§8.2.2.2)")

    def _timed_out(self) -> None:
        if self.record.final_at is None and self._given_up:
            self._lines.complain("an INVITE that was cancelled never ended with 487 (§9.2)")
        self._call.refused(self, 408)

    def _bye_heard(self) -> None:
        self._call.hung_up(self)

    def _final(self, status: int) -> None:
        if self.record.final_at is None:
            self.record.status, self.record.final_at = status, self._lines.agenda.now

    def _check(self, response: Response) -> None:
        complain, status = self._lines.complain, response.status
        if status == 100:
            return
        tag = parse_params(response.get("to").rpartition(">")[2]).get("tag", "")
        if not tag:
            complain(f"{status}: no tag in To (§8.2.6.2)")
        elif self._to_tag and tag != self._to_tag and status < 300:
            complain(f"{status}: another To tag than before (§12.1.1)")
        self._to_tag = self._to_tag or tag
        if status < 300 and not response.every("contact"):
            complain(f"{status}: no Contact (§12.1.1)")
        assert self._invite is not None
        if status < 300 and response.every("record-route") != self._invite.request.every("record-route"):
            complain(f"{status}: Record-Route was not repeated (§12.1.1)")
        if len(response.every("via")) != len(self._invite.request.every("via")):
            complain(f"{status}: not all Via were repeated (§8.2.6.2)")


class TelephoneCaller(WireEnd):
    """A registered telephone that calls somebody."""

    def __init__(self, lines: Lines, call: Call, transaction: ServerTransaction) -> None:
        super().__init__(lines, call)
        self._transaction = transaction
        request = transaction.request
        self.offer = Body(request.get("content-type"), request.body)
        self._tag = lines.new_tag()
        own = lines.own(transaction.channel.door)
        self._contact = f"<sip:{call.record.called.replace('#', '%23')}@{host_port(own)}>"
        transaction.on_cancel = call.given_up

    def hears_ringing(self, early: Body | None) -> None:
        self._answer(183 if early is not None else 180, early)

    def hears_answer(self, body: Body) -> Body:
        request, channel = self._transaction.request, self._transaction.channel
        caller = parse_address(request.get("from"))
        self._established(
            Dialog(
                call_id=request.call_id,
                local=f"{request.get('to')};tag={self._tag}",
                remote=request.get("from"),
                local_tag=self._tag,
                remote_tag=caller.tag,
                target=_uri(request.every("contact")[0]) if request.every("contact") else str(caller.uri),
                channel=channel,
                contact=self._contact,
                remote_seq=request.cseq[0],
            )
        )
        self._answering = self._transaction
        self._transaction.on_no_ack = self._no_ack
        self._answer(200, body, self.agree_session(request))
        return Body()

    def hears_refusal(self, status: int) -> None:
        self._answer(status, None)

    def hears_hang_up(self) -> None:
        self.hang_up()

    def over(self) -> None:
        """Nothing is kept that would have to be given back."""

    def _answer(self, status: int, body: Body | None, headers: Headers = ()) -> None:
        described = (("Content-Type", SDP),) if body is not None and body.data else ()
        contact = (("Contact", self._contact), ALLOW) if status < 300 else ()
        self._transaction.respond(
            reply(
                self._transaction.request,
                self._transaction.channel,
                status,
                to_tag=self._tag,
                headers=(*contact, *headers, *described),
                body=body.data if body is not None else b"",
            )
        )

    def _acknowledged(self, body: bytes) -> None:
        if body and self._call.winner is not None:
            self._call.winner.hears(Body(SDP, body))

    def _bye_heard(self) -> None:
        self._call.given_up()


def _targets(response: Response) -> tuple[str, ...]:
    """The numbers in the Contacts of a 3xx."""
    if not 300 <= response.status < 400:
        return ()
    numbers = []
    for value in response.every("contact"):
        try:
            numbers.append(parse_address(value).uri.user)
        except ValueError:
            continue
    return tuple(number for number in numbers if number)


def _uri(contact: str) -> str:
    try:
        return str(parse_address(contact).uri)
    except ValueError:
        return contact
