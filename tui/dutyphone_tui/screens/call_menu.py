"""What can be done about a call now, on a line that can do more than listen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget
from textual.widgets import Static

from dutyphone.i18n import N_, _
from dutyphone.journal.facts import RequestKind
from dutyphone.store.readmodels import CallRow, CallState
from dutyphone_tui.asking import may_be_asked
from dutyphone_tui.keys import BACK, Key, bindings
from dutyphone_tui.reading import Live
from dutyphone_tui.screens.page import Dialog
from dutyphone_tui.widgets.choices import Choices
from dutyphone_tui.widgets.summary import Summary

CHOOSE = Key(key="enter", action="choose", cap="Enter", label=N_("do it"), help=N_("Do it"), bar=1)
OTHER = Key(key="tab", action="other", cap="Tab", label=N_("other call"), help=N_("The other open call"), bar=2)
CONFIRM = Key(key="y", action="confirm", cap="y", label=N_("yes, refuse"), help=N_("Refuse it everywhere"), bar=1)
MENU_BINDINGS = (CONFIRM, OTHER, BACK)

LABELS = {
    RequestKind.ANSWER: N_("Answer here: the caller hears the announcement, or silence"),
    RequestKind.REFUSE: N_("Busy here: other telephones go on ringing"),
    RequestKind.REFUSE_EVERYWHERE: N_("Refuse everywhere: nobody can take the call"),
    RequestKind.REDIRECT: N_("Send on to {number}"),
    RequestKind.HANG_UP: N_("End the call"),
}

Choice = tuple[RequestKind, str | None]
"""What to do, and where to send the call."""


class CallMenu(Dialog):
    """The first of `calls` is meant; Tab goes to the next.

    Nothing changes under the fingers: once the call stands otherwise than when the box was opened, it closes.
    """

    KEYS = (CHOOSE, BACK)
    BINDINGS: ClassVar = bindings(MENU_BINDINGS)

    def __init__(self, calls: Sequence[CallRow]) -> None:
        super().__init__()
        self._calls = list(calls)
        self._confirming = False
        self._done = False
        self.title = self._titled()

    def keys(self) -> tuple[Key, ...]:
        return (CHOOSE, OTHER, BACK) if len(self._calls) > 1 else self.KEYS

    def box(self) -> Iterable[Widget]:
        yield Summary(self.console.at_work.telling, self._calls[0], brief=True)
        yield Choices(self._texts())
        yield Static(_("Nobody could take this call then. Press y to refuse it, Esc to let it ring."), id="sure")

    def on_mount(self) -> None:
        self.query_one("#sure").display = False
        self.query_one(Choices).focus()

    def show_live(self, live: Live) -> None:
        super().show_live(live)
        if self._done:
            return
        now = {row.call: row for row in live.open_calls}
        before = self._calls[0]
        after = now.get(before.call)
        self._calls = [now.get(row.call, row) for row in self._calls if row is before or row.call in now]
        if after is None or after.state is not before.state:
            self._close(_("That call is over.") if after is None else _("That call has been taken meanwhile."))
        else:
            self.query_one(Summary).show(after)

    # --- keys ---

    def action_choose(self) -> None:
        """Do what is selected; what cannot be undone asks once more, for another key."""
        choices = self._choices()
        what, number = choices[min(self.query_one(Choices).selected, len(choices) - 1)]
        if what is RequestKind.REFUSE_EVERYWHERE:
            self._ask_again(wanted=True)
        else:
            self._do(what, number)

    def action_confirm(self) -> None:
        if self._confirming:
            self._do(RequestKind.REFUSE_EVERYWHERE, None)

    def action_other(self) -> None:
        self._ask_again(wanted=False)
        self._calls = [*self._calls[1:], self._calls[0]]
        self.query_one(".box").border_title = self.title = self._titled()
        self.query_one(Summary).show(self._calls[0])
        self.query_one(Choices).show(self._texts())

    def action_back(self) -> None:
        if self._confirming:
            self._ask_again(wanted=False)
        else:
            self.dismiss()

    # --- what is done ---

    def _do(self, what: RequestKind, number: str | None) -> None:
        if self._done:  # a key pressed twice
            return
        self._done = True
        row = self._calls[0]
        self.dismiss()
        self.console.ask(row.line, what, call=row.call, number=number)

    def _close(self, words: str) -> None:
        self._done = True
        self.dismiss()
        self.console.say(words)

    def _ask_again(self, *, wanted: bool) -> None:
        self._confirming = wanted
        self.query_one("#sure").display = wanted

    def _choices(self) -> list[Choice]:
        row = self._calls[0]
        choices: list[Choice] = []
        for what in may_be_asked(row):
            if what is RequestKind.REDIRECT:
                choices += [(what, target) for target in self.console.desk.redirect_targets.get(row.line, ())]
            else:
                choices.append((what, None))
        return choices

    def _texts(self) -> list[str]:
        return [_(LABELS[what]).format(number=number) for what, number in self._choices()]

    def _titled(self) -> str:
        row = self._calls[0]
        words = _("Call {id} is ringing") if row.state is CallState.RINGING else _("Call {id} is in progress")
        return words.format(id=row.id)
