"""Who watches the dialogs of an account, and what they are told (RFC 6665, RFC 4235)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol
from xml.sax.saxutils import escape, quoteattr

from dutyphone_simulators.sip.addresses import host_port, parse_address
from dutyphone_simulators.sip.agenda import Agenda, Alarm
from dutyphone_simulators.sip.dialogs import Dialog
from dutyphone_simulators.sip.messages import Headers, Request, Response
from dutyphone_simulators.sip.replies import reply
from dutyphone_simulators.sip.settings import ExchangeSettings, WatchForm
from dutyphone_simulators.sip.transactions import ServerTransaction, Transactions

TYPE = "application/dialog-info+xml"
USUAL_S = 3600
REPEATED_S = 5.0
"""How long a full document goes on telling a dialog that is over."""


class DialogState(Enum):
    """RFC 4235 §3.7.1, as far as an exchange tells it."""

    TRYING = "trying"
    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedDialog:
    """One call as its watchers see it."""

    id: str
    state: DialogState
    initiator: bool | None  # the account called; None is not said
    call_id: str = ""
    remote: str = ""  # the number; "" is not said, nor who the other end is
    remote_name: str = ""


class Notices(Protocol):
    """What watchers want of the exchange."""

    @property
    def agenda(self) -> Agenda: ...

    @property
    def settings(self) -> ExchangeSettings: ...

    @property
    def transactions(self) -> Transactions: ...

    def own(self, door: str) -> tuple[str, int]: ...

    def new_tag(self) -> str: ...


class Subscription:
    """One watcher. It ends by time, by its own wish, or when it no longer answers."""

    def __init__(self, notices: Notices, account: str, dialog: Dialog, request: Request) -> None:
        self.account, self.dialog = account, dialog
        self.event = request.get("event")
        self.version = 0
        self.last_shown: WatchedDialog | None = None  # where the whole extension is one dialog
        self.expires_at = 0.0
        self.alarm: Alarm | None = None
        self._notices = notices

    def notify(self, dialogs: list[WatchedDialog], *, full: bool, state: str, lost: Callable[[], None]) -> None:
        """Tell `dialogs`; `lost` if nobody listens any more."""
        settings = self._notices.settings
        entity = str(parse_address(self.dialog.local).uri)
        body = dialog_info(
            dialogs, entity=entity, version=self.version, full=full, capitals=settings.watch is WatchForm.FULL
        )
        self.version += 1
        left = max(0, round(self.expires_at - self._notices.agenda.now.mono))
        value = f"active;expires={left}" if state == "active" else f"terminated;reason={state}"
        request = self.dialog.request(
            "NOTIFY",
            (("Event", self.event), ("Subscription-State", value), ("Content-Type", TYPE)),
            body.encode("utf-8", "replace"),
        )

        def heard(response: Response) -> None:
            if response.status in (408, 481, 489):
                lost()

        self._notices.transactions.request(request, self.dialog.channel, heard, lost)


class Watchers:
    """All subscriptions to dialogs."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._subscriptions: dict[tuple[str, str, str], Subscription] = {}
        self._dialogs: dict[str, dict[str, WatchedDialog]] = {}

    def count(self, account: str) -> int:
        return sum(subscription.account == account for subscription in self._subscriptions.values())

    def subscribe(self, request: Request, account: str, transaction: ServerTransaction) -> None:
        """A first SUBSCRIBE of an authenticated watcher."""
        event = request.get("event").partition(";")[0].strip().lower()
        if event != "dialog":
            self._answer(transaction, 489, headers=(("Allow-Events", "dialog"),))
            return
        try:
            target = str(parse_address(request.every("contact")[0]).uri)
        except (IndexError, ValueError):
            self._answer(transaction, 400)
            return
        tag = self._notices.new_tag()
        own = self._notices.own(transaction.channel.door)
        dialog = Dialog(
            call_id=request.call_id,
            local=f"{request.get('to')};tag={tag}",
            remote=request.get("from"),
            local_tag=tag,
            remote_tag=parse_address(request.get("from")).tag,
            target=target,
            channel=transaction.channel,
            contact=f"<sip:{account}@{host_port(own)}>",
            remote_seq=request.cseq[0],
        )
        subscription = Subscription(self._notices, account, dialog, request)
        self._subscriptions[dialog.key] = subscription
        self._grant(subscription, request, transaction, to_tag=tag)

    def receive(self, request: Request, transaction: ServerTransaction, key: tuple[str, str, str]) -> bool:
        """Whether `request` belongs to a subscription; then it is dealt with."""
        subscription = self._subscriptions.get(key)
        if subscription is None:
            return False
        if request.method != "SUBSCRIBE":
            self._answer(transaction, 405)
        elif request.cseq[0] <= subscription.dialog.remote_seq:
            self._answer(transaction, 500)
        else:
            subscription.dialog.remote_seq = request.cseq[0]
            self._grant(subscription, request, transaction)
        return True

    def tell(self, account: str, dialog: WatchedDialog) -> None:
        """`dialog` of `account` has changed."""
        known = self._dialogs.setdefault(account, {})
        known[dialog.id] = dialog
        form = self._notices.settings.watch
        over = dialog.state is DialogState.TERMINATED
        if over and form is not WatchForm.FULL:
            del known[dialog.id]
        for subscription in [one for one in self._subscriptions.values() if one.account == account]:
            lost = self._losing(subscription)
            match form:
                case WatchForm.PARTIAL:
                    subscription.notify([dialog], full=False, state="active", lost=lost)
                case WatchForm.FULL:
                    subscription.notify(list(known.values()), full=True, state="active", lost=lost)
                case WatchForm.EXTENSION if (shown := _extension(account, known)) != subscription.last_shown:
                    subscription.last_shown = shown
                    subscription.notify([shown], full=True, state="active", lost=lost)
        if over and form is WatchForm.FULL:
            self._notices.agenda.after(REPEATED_S, lambda: _forget(known, dialog.id))

    def forget(self) -> None:
        """As after a restart."""
        for subscription in list(self._subscriptions.values()):
            self._drop(subscription)
        self._dialogs.clear()

    def _grant(
        self, subscription: Subscription, request: Request, transaction: ServerTransaction, to_tag: str = ""
    ) -> None:
        asked = request.get("expires").strip()
        seconds = min(int(asked), self._notices.settings.most_expires_s) if asked.isdecimal() else USUAL_S
        agenda = self._notices.agenda
        if subscription.alarm is not None:
            subscription.alarm.stop()
        subscription.expires_at = agenda.now.mono + seconds
        contact = ("Contact", subscription.dialog.contact)
        self._answer(transaction, 200, to_tag=to_tag, headers=(contact, ("Expires", str(seconds))))
        known = self._dialogs.get(subscription.account, {})
        dialogs = [dialog for dialog in known.values() if dialog.state is not DialogState.TERMINATED]
        if self._notices.settings.watch is WatchForm.EXTENSION:
            subscription.last_shown = _extension(subscription.account, known)
            dialogs = [subscription.last_shown]
        state = "active" if seconds else "timeout"
        subscription.notify(dialogs, full=True, state=state, lost=self._losing(subscription))
        if seconds:
            subscription.alarm = agenda.after(seconds, lambda: self._run_out(subscription))
        else:
            self._drop(subscription)

    def _run_out(self, subscription: Subscription) -> None:
        subscription.notify([], full=False, state="timeout", lost=lambda: None)
        self._drop(subscription)

    def _losing(self, subscription: Subscription) -> Callable[[], None]:
        return lambda: self._drop(subscription)

    def _drop(self, subscription: Subscription) -> None:
        if subscription.alarm is not None:
            subscription.alarm.stop()
        self._subscriptions.pop(subscription.dialog.key, None)

    def _answer(self, transaction: ServerTransaction, status: int, *, to_tag: str = "", headers: Headers = ()) -> None:
        tag = to_tag or self._notices.new_tag()
        transaction.respond(reply(transaction.request, transaction.channel, status, to_tag=tag, headers=headers))


def _forget(dialogs: dict[str, WatchedDialog], gone: str) -> None:
    dialogs.pop(gone, None)


def dialog_info(dialogs: list[WatchedDialog], *, entity: str, version: int, full: bool, capitals: bool = False) -> str:
    """The document (RFC 4235 §4)."""
    shown = "".join(_element(dialog, entity, capitals=capitals) for dialog in dialogs)
    return (
        '<?xml version="1.0"?>\r\n'
        f'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{version}" '
        f'state="{"full" if full else "partial"}" entity={quoteattr(entity)}>\r\n{shown}</dialog-info>\r\n'
    )


def _element(dialog: WatchedDialog, entity: str, *, capitals: bool) -> str:
    state = dialog.state.value
    if capitals and dialog.state is DialogState.TRYING:
        state = "Trying"
    attributes = f"id={quoteattr(dialog.id)}"
    if dialog.call_id:
        attributes += f" call-id={quoteattr(dialog.call_id)}"
    if dialog.initiator is not None:
        attributes += f' direction="{"initiator" if dialog.initiator else "recipient"}"'
    ends = _ends(dialog, entity) if dialog.remote else ""
    return f"<dialog {attributes}>\r\n<state>{state}</state>\r\n{ends}</dialog>\r\n"


def _ends(dialog: WatchedDialog, entity: str) -> str:
    remote = str(replace(parse_address(f"<{entity}>").uri, user=dialog.remote, params={}))
    name = f" display={quoteattr(dialog.remote_name)}" if dialog.remote_name else ""
    return (
        f"<remote><identity{name}>{escape(remote)}</identity><target uri={quoteattr(remote)}/></remote>\r\n"
        f"<local><identity>{escape(entity)}</identity><target uri={quoteattr(entity)}/></local>\r\n"
    )


def _extension(account: str, known: Mapping[str, WatchedDialog]) -> WatchedDialog:
    """All dialogs of an account as one: in use as soon as one is talked or it calls, else ringing, else free."""
    in_use = any(one.initiator or one.state is DialogState.CONFIRMED for one in known.values())
    if in_use:
        return WatchedDialog(id=account, state=DialogState.CONFIRMED, initiator=None)
    if any(one.state is DialogState.EARLY for one in known.values()):
        return WatchedDialog(id=account, state=DialogState.EARLY, initiator=False)
    return WatchedDialog(id=account, state=DialogState.TERMINATED, initiator=None)
