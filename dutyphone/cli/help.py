"""The words Typer puts around its help, in the current language."""

from __future__ import annotations

from collections.abc import Sequence

from dutyphone.i18n import _


def is_asked_for(arguments: Sequence[str]) -> bool:
    """Whether help may be shown: asked for, or because a command is missing."""
    return len(arguments) < 2 or not {"-h", "--help"}.isdisjoint(arguments)


def speak() -> None:
    """Translate the titles. It loads Rich, which takes as long as all other commands together."""
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = _("Options")
    rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
    rich_utils.ERRORS_PANEL_TITLE = _("Error")
