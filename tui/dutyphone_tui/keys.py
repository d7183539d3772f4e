"""Every key of the console, once: the bindings, the key bar and the help are made from these tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from textual.binding import Binding, BindingType

from dutyphone.i18n import N_, _


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, as Textual calls it, and what it does.

    `cap` is what is printed on it, `label` one or two words for the key bar, `help` a sentence for the help page (both
    message ids). A `bar` of 0 keeps it off the key bar; otherwise the lowest come first. `by_hand`: only
    spoken of where a line can do more than listen.
    """

    key: str
    action: str
    cap: str
    label: str
    help: str
    bar: int = 0
    by_hand: bool = False


HELP = Key(key="f1,question_mark", action="app.help", cap="F1", label=N_("help"), help=N_("This page"), bar=90)
QUIT = Key(key="q,ctrl+q", action="app.leave", cap="q", label=N_("quit"), help=N_("Leave the console"), bar=95)
BELL = Key(key="b", action="app.switch_bell", cap="b", label=N_("bell"), help=N_("Bell on or off"), bar=85)
LOOK = Key(key="t", action="app.switch_theme", cap="t", label=N_("light/dark"), help=N_("Light or dark screen"))
BACK = Key(key="escape", action="back", cap="Esc", label=N_("back"), help=N_("Back to where you were"), bar=5)

OPEN = Key(key="enter", action="open", cap="Enter", label=N_("details"), help=N_("All about the selected call"), bar=10)
ANSWERED = Key(
    key="a",
    action="settle('answered')",
    cap="a",
    label=N_("answered"),
    help=N_("The call was answered at the handset"),
    bar=20,
)
MISSED = Key(
    key="m",
    action="settle('missed')",
    cap="m",
    label=N_("missed"),
    help=N_("Nobody answered; it has to be called back"),
    bar=21,
)
CALLED_BACK = Key(
    key="c",
    action="settle('called_back')",
    cap="c",
    label=N_("called back"),
    help=N_("The caller has been called back"),
    bar=22,
)
NO_CALLBACK = Key(
    key="x",
    action="settle('no_callback')",
    cap="x",
    label=N_("no need"),
    help=N_("Nobody answered, and it need not be called back"),
    bar=23,
)
NOTE = Key(key="n", action="note", cap="n", label=N_("note"), help=N_("Write a note on the call"), bar=30)

HANDLE = Key(
    key="p",
    action="handle",
    cap="p",
    label=N_("take up"),
    help=N_("Answer, refuse, send on or end a call that is there"),
    bar=11,
    by_hand=True,
)
DIAL = Key(key="o", action="dial", cap="o", label=N_("dial"), help=N_("Dial a number"), bar=12, by_hand=True)

OWED = Key(
    key="u", action="go_owed", cap="u", label=N_("to do"), help=N_("To the calls still to settle, and back"), bar=40
)
HISTORY = Key(key="h", action="app.history", cap="h", label=N_("history"), help=N_("All calls ever recorded"), bar=50)
SEARCH = Key(
    key="slash",
    action="search",
    cap="/",
    label=N_("search"),
    help=N_("Search by number, name, note or date"),
    bar=51,
)
EXPORT = Key(key="e", action="app.export", cap="e", label=N_("export"), help=N_("Write calls to a file"), bar=60)
DRAFT = Key(key="d", action="app.draft", cap="d", label=N_("draft"), help=N_("Go on with a half-written note"))
FILTER = Key(key="f", action="filter", cap="f", label=N_("filter"), help=N_("All results, or only one"), bar=13)
SAVE = Key(key="ctrl+s", action="save", cap="Ctrl+S", label=N_("save"), help=N_("Save the note"), bar=1)

ON_EVERY_PAGE = (HELP, LOOK, BELL, QUIT)
ABOUT_A_CALL = (ANSWERED, MISSED, CALLED_BACK, NO_CALLBACK, NOTE)
BY_HAND = (HANDLE, DIAL)

LIVE_KEYS = (OPEN, *BY_HAND, *ABOUT_A_CALL, OWED, HISTORY, SEARCH, EXPORT, DRAFT, *ON_EVERY_PAGE)
HISTORY_KEYS = (BACK, OPEN, replace(SEARCH, bar=12), FILTER, *BY_HAND, *ABOUT_A_CALL, EXPORT, *ON_EVERY_PAGE)
DETAIL_KEYS = (BACK, *BY_HAND, *ABOUT_A_CALL, *ON_EVERY_PAGE)
NOTE_KEYS = (SAVE, BACK)
HELP_KEYS = (BACK, LOOK, BELL, QUIT)

MOVES = (
    (N_("Up Down"), N_("Select a call")),
    (N_("PgUp PgDn Home End"), N_("Go faster")),
    ("Tab", N_("To the next list or field")),
)
"""Keys that move the selection, for the help page."""

GROUPS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    (N_("The selected call"), (OPEN, *ABOUT_A_CALL)),
    (N_("The line"), BY_HAND),
    (N_("Pages"), (OWED, HISTORY, SEARCH, FILTER, EXPORT, DRAFT, BACK)),
    (N_("While writing a note"), (SAVE,)),
    (N_("Everywhere"), ON_EVERY_PAGE),
)
"""All keys, as the help page shows them."""


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """What Textual needs to know of `keys`. Labels are spoken by the key bar, in the language of the moment."""
    return [Binding(key.key, key.action, key.label, show=False) for key in keys]


def caption(key: Key) -> tuple[str, str]:
    """The key and its label for the key bar."""
    return key.cap, _(key.label)
