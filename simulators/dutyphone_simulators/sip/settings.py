"""How an exchange behaves: its accounts, its manners, its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from dutyphone_simulators.sip.bodies import BodyForm
from dutyphone_simulators.sip.digest import Digest
from dutyphone_simulators.sip.identity import Caller
from dutyphone_simulators.sip.media import Sound
from dutyphone_simulators.sip.messages import PLAIN, Style
from dutyphone_simulators.sip.transactions import Timing


class Manner(Enum):
    """Two makes of exchange."""

    BRANCHES = "branches"  # a back-to-back user agent: every telephone gets a call of its own, with its own Call-ID
    PROXY = "proxy"  # one call is forked: one Call-ID and tag, two Via, Record-Route, the caller's own Contact


class ReasonForm(Enum):
    """How a CANCEL says that somebody else has answered (RFC 3326)."""

    NONE = "none"
    SIP = "sip"
    Q850 = "q850"
    BOTH = "both"


class WatchForm(Enum):
    """How dialog events are told (RFC 4235)."""

    PARTIAL = "partial"  # full once, then what has changed
    FULL = "full"  # everything each time, with finished dialogs repeated and `Trying` capitalised, as kamailio does
    EXTENSION = (
        "extension"  # one dialog that is the whole extension, ringing, in use or free, and names nobody: Asterisk
    )


ELSEWHERE: Mapping[ReasonForm, tuple[tuple[str, str], ...]] = {
    ReasonForm.NONE: (),
    ReasonForm.SIP: (("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),),
    ReasonForm.Q850: (("Reason", 'Q.850;cause=26;text="Non-selected user clearing"'),),
    ReasonForm.BOTH: (
        ("Reason", 'Q.850;cause=26;text="Non-selected user clearing"'),
        ("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),
    ),
}
"""RFC 3326 §3.1 and ITU-T Q.850 table 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A subscriber. `auth_user` "" is the name; `number` "" too: what callers dial to reach it."""

    name: str = "1001"
    password: str = "duty-1001"  # noqa: S105  of an exchange that does not exist
    auth_user: str = ""
    number: str = ""
    desk_phone: bool = True  # whether the virtual desk phone rings too


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnd:
    """A number behind the gateway, and what happens there when it is called."""

    rings_s: float = 1.0
    status: int = 200  # how it ends: 200 is an answer
    early_media: bool = False  # 183 with sound instead of 180
    talk_s: float | None = None  # after so long the far end hangs up; None: it does not
    sound: Sound = Sound.ECHO


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScript:
    """One call from outside, as it will go. Seconds count from its start, `talk_s` from the answer.

    `desk_answers_s` None: nobody at the desk phone answers. `gives_up_s` None: the caller waits until the exchange
    ends it. `hangs_up` is about calls that were answered: the caller after `talk_s`, or the other side.
    """

    caller: Caller = field(default_factory=Caller)
    called: str = ""  # as dialled; "" is the account's number
    gives_up_s: float | None = None
    desk_answers_s: float | None = None
    desk_refuses_s: float | None = None
    talk_s: float | None = None
    caller_hangs_up: bool = True
    body: BodyForm = BodyForm.PLAIN
    sound: Sound = Sound.ECHO
    style: Style = PLAIN
    merged: bool = False  # the telephone gets the same INVITE twice, on two ways
    session_expires_s: int | None = None  # RFC 4028
    refresher: str = "uac"  # who is to refresh: the exchange (uac) or the telephone (uas)
    refresh_by: str = "UPDATE"  # or INVITE
    hold_s: float | None = None  # so long after the answer the caller puts the call on hold
    reason: ReasonForm | None = None  # other than the exchange's own
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSettings:
    """Everything that can be chosen when an exchange is set up."""

    accounts: tuple[Account, ...] = (Account(),)
    manner: Manner = Manner.BRANCHES
    digest: Digest = field(default_factory=Digest)
    register_challenge: int | None = 401
    call_challenge: int | None = 407  # for INVITE and SUBSCRIBE; None: a registered telephone is trusted
    wrong_password: int = 403  # or 401: asked again
    least_expires_s: int = 1  # anything less gets 423
    most_expires_s: int = 3600  # what is granted at most
    usual_expires_s: int = 3600
    grant_in_header: bool = False  # tell the grant by Expires instead of the contact's own parameter
    register_headers: tuple[tuple[str, str], ...] = ()  # more in the 200 to a REGISTER, as Service-Route of carriers
    ping_s: float = 0.0  # OPTIONS to every registered telephone so often; 0 never
    no_answer_s: float = 60.0
    elsewhere: ReasonForm = ReasonForm.SIP
    given_up_reason: str = ""  # Reason of the CANCEL when the caller gives up; many exchanges send Q.850;cause=16
    no_answer_reason: str = ""  # the same when the exchange stops ringing
    watch: WatchForm = WatchForm.PARTIAL
    follows_redirects: bool = True
    asks_for_account: bool = False  # the Request-URI names the account, not the user part of the registered Contact
    least_session_s: int = 90  # Min-SE (RFC 4028 §5)
    announcement_s: float = 0.3  # how long a service code is answered by an announcement
    far_ends: Mapping[str, FarEnd] = field(default_factory=dict)
    other_numbers: FarEnd = field(default_factory=FarEnd)
    timing: Timing = field(default_factory=Timing)
    seed: int = 0
