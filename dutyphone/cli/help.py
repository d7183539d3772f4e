"""The words Typer puts around its help, in the current language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from dutyphone.i18n import _


def is_asked_for(arguments: Sequence[str]) -> bool:
    """Whether help may be shown: asked for, or because a command is missing."""
    return len(arguments) < 2 or not {"-h", "--help"}.isdisjoint(arguments)


def speak() -> None:
    """Translate titles and the help option. It loads Rich, which takes as long as all other commands together."""
    from typer import core, rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = _("Options")
    rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
    rich_utils.ERRORS_PANEL_TITLE = _("Error")
    for kind in (core.TyperCommand, core.TyperGroup):
        if not hasattr(kind.get_help_option, "__wrapped__"):
            kind.get_help_option = _in_our_words(kind.get_help_option)  # type: ignore[assignment]  # no other way in


def _in_our_words(get_help_option: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`get_help_option` of a command, whose words Typer has written into its own code."""

    @wraps(get_help_option)
    def get(command: Any, context: Any) -> Any:
        option = get_help_option(command, context)
        if option is not None:
            option.help = _("Show this help and leave.")
        return option

    return get
