"""Examines an account: `ExaminingCore` in the thread of the wire, and the options that follow from what it found."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from secrets import token_hex
from typing import Any

from dutyphone.lines.examination import Certainty, Examination, Power
from dutyphone_drivers.sip_account.core import SipCore
from dutyphone_drivers.sip_account.examine import ExaminingCore
from dutyphone_drivers.sip_account.phone import SipPhone
from dutyphone_drivers.sip_account.settings import AccountSettings


class AccountExaminer(SipPhone):
    """A `dutyphone.lines.driver.LineExaminer` of one account."""

    def __init__(self, line: str, options: Mapping[str, Any]) -> None:
        super().__init__(line, options)
        self._watched = bool(options["watch"])
        self._examining: ExaminingCore | None = None

    def examination(self) -> Examination | None:
        """What the exchange said."""
        known = self._examining
        return known.examination() if known is not None and known.is_complete else None

    def trial_options(self) -> Mapping[str, object]:
        """The watch, if the exchange lets us."""
        return self._news(watch=self._can_watch())

    def settled_options(self, seen: AbstractSet[Power]) -> Mapping[str, object]:  # noqa: ARG002 (no trial can lose anything)
        """The same: the watch costs nothing."""
        return self._news(watch=self._can_watch())

    def _make_core(self, settings: AccountSettings) -> SipCore:
        self._examining = ExaminingCore(settings, lambda: token_hex(8))
        return self._examining

    def _can_watch(self) -> bool:
        found = self.examination()
        return found is not None and found.claims[Power.HANDSET].certainty is Certainty.CLAIMED

    def _news(self, *, watch: bool) -> Mapping[str, object]:
        return {"watch": watch} if watch != self._watched else {}
