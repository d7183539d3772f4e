"""All call legs of an account, found by what names them: their reference, a tag of ours, the INVITE they came by."""

from __future__ import annotations

import hashlib

from dutyphone_drivers.sip_account import fields
from dutyphone_drivers.sip_account.incoming import IncomingLeg
from dutyphone_drivers.sip_account.leg import Leg, dialog_key
from dutyphone_drivers.sip_account.leg_table import Phase
from dutyphone_drivers.sip_account.message import Request

_LONGEST_REF = 128
"""Characters of a Call-ID that are taken as they are."""


class NoSuchCall(LookupError):
    """The call is over, or not in a state in which that can be done with it."""


class Legs:
    """The legs that are not over."""

    def __init__(self) -> None:
        self._by_ref: dict[str, Leg] = {}
        self._by_dialog: dict[str, Leg] = {}  # Call-ID and our tag
        self._by_invite: dict[str, IncomingLeg] = {}  # the key of its INVITE

    def __len__(self) -> int:
        return len(self._by_ref)

    def __repr__(self) -> str:
        return f"<Legs {list(self._by_ref.values())}>"

    @property
    def is_empty(self) -> bool:
        """Whether nothing of any leg is kept."""
        return not (self._by_ref or self._by_dialog or self._by_invite)

    def all(self) -> list[Leg]:
        return list(self._by_ref.values())

    def add(self, leg: Leg) -> None:
        """A leg begins."""
        self._by_ref[leg.call_ref] = self._by_dialog[leg.dialog_key] = leg
        if isinstance(leg, IncomingLeg):
            self._by_invite[leg.invite_key] = leg

    def forget_if_over(self, leg: Leg) -> None:
        """Call it whenever something happened to a leg."""
        if leg.is_over and self._by_ref.get(leg.call_ref) is leg:
            del self._by_ref[leg.call_ref]
            del self._by_dialog[leg.dialog_key]
            if isinstance(leg, IncomingLeg):
                del self._by_invite[leg.invite_key]

    def clear(self) -> None:
        """Forget them all."""
        self._by_ref.clear()
        self._by_dialog.clear()
        self._by_invite.clear()

    def get(self, call_ref: str) -> Leg | None:
        return self._by_ref.get(call_ref)

    def ringing(self, call_ref: str) -> IncomingLeg:
        """The call to us that rings. Raises `NoSuchCall`."""
        leg = self._by_ref.get(call_ref)
        if not isinstance(leg, IncomingLeg) or leg.phase is not Phase.EARLY:
            raise NoSuchCall(call_ref)
        return leg

    def begun(self, call_ref: str) -> Leg:
        """The call that was answered, or is one of ours. Raises `NoSuchCall`."""
        leg = self._by_ref.get(call_ref)
        if leg is None or (isinstance(leg, IncomingLeg) and leg.phase is Phase.EARLY):
            raise NoSuchCall(call_ref)
        return leg

    def named_by(self, request: Request) -> Leg | None:
        """The leg whose tag `request` names, which nobody can guess."""
        tag = fields.tag_of(request.headers.get("To"))
        return self._by_dialog.get(dialog_key(fields.call_id(request), tag)) if tag else None

    def beside(self, request: Request) -> IncomingLeg | None:
        """The call that rings here, where `request` belongs to another branch of it."""
        leg, tag = self._by_ref.get(fields.call_id(request) or ""), fields.tag_of(request.headers.get("From"))
        if not isinstance(leg, IncomingLeg) or leg.phase is not Phase.EARLY or leg.dialog is None:
            return None
        is_of_call = leg.dialog.remote_tag == tag and fields.tag_of(request.headers.get("To")) is not None
        return leg if is_of_call else None

    def of_invite(self, key: str | None) -> IncomingLeg | None:
        """The leg that came by the INVITE transaction `key`."""
        return self._by_invite.get(key or "")

    def new_ref(self, invite: Request) -> str:
        """The Call-ID, or a short name for a long one; numbered where it is taken (a call of ours to ourselves)."""
        call_id = fields.call_id(invite) or ""
        if len(call_id) > _LONGEST_REF:
            call_id = hashlib.blake2s(call_id.encode("utf-8", "surrogateescape")).hexdigest()
        ref, number = call_id, 1
        while ref in self._by_ref:
            number += 1
            ref = f"{call_id}/{number}"
        return ref
