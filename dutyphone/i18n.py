"""The language of the interface: gettext with English message ids.

Facts hold codes; text is made at the edge, in the language of whoever looks. Choose the language with `use_language`
before anything that binds text at import (the console's key labels) is imported. One catalog a room:
`locale/zh_CN/LC_MESSAGES/{dutyphone,drivers,tui,simulators}.mo`, made by `make messages`.
"""

from __future__ import annotations

import gettext
from pathlib import Path

LANGUAGES = ("zh_CN", "en")
"""The languages that are complete."""

DOMAINS = ("dutyphone", "drivers", "tui", "simulators")

_current: gettext.NullTranslations = gettext.NullTranslations()
_language = "en"


def use_language(language: str) -> None:
    """Speak `language`, one of `LANGUAGES`, from now on. An unknown one means English."""
    global _current, _language
    merged: gettext.NullTranslations | None = None
    for domain in DOMAINS:
        path = Path(__file__).with_name("locale") / language / "LC_MESSAGES" / f"{domain}.mo"
        if not path.is_file():
            continue
        with path.open("rb") as file:
            catalog = gettext.GNUTranslations(file)
        if merged is None:
            merged = catalog
        else:
            merged.add_fallback(catalog)
    _current = merged or gettext.NullTranslations()
    _language = language if merged is not None else "en"


def language() -> str:
    """The language spoken now."""
    return _language


def language_for(wanted: str, locale_name: str) -> str:
    """`wanted` if it is a language; for "auto", English where the system locale is English, else Chinese."""
    if wanted in LANGUAGES:
        return wanted
    return "en" if locale_name.lower().startswith("en") else "zh_CN"


def _(message: str) -> str:
    """The text for `message` in the current language."""
    return _current.gettext(message)


def ngettext(singular: str, plural: str, n: int) -> str:
    """The text for `n` things."""
    return _current.ngettext(singular, plural, n)


def N_(message: str) -> str:
    """Mark `message` for translation where it is only named, not yet spoken."""
    return message
