"""The computer and its terminal: versions, encoding, width of Chinese characters, the configuration file."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from dutyphone.doctor.finding import Check, Finding, fault, ok, unknown, warning
from dutyphone.errors import DutyphoneError
from dutyphone.i18n import N_, _, ngettext

OLDEST_PYTHON = (3, 11)
NARROWEST = 80
"""Columns that the console is drawn for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the program runs on.

    `sqlite` is the version of the library that would be used, None if there is none that may be; then `sqlite_problem`
    says why. `encoding` is that of the output, `locale` and `terminal` what the environment says (LANG, TERM).
    `columns` is None where the output is no terminal, `cell_width` how many columns the terminal gives a Chinese
    character, None where it could not be asked. `config` is where the file is, `config_problem` why it cannot be used,
    `lines` how many lines it has.
    """

    python: tuple[int, ...]
    machine: str
    sqlite: str | None
    sqlite_problem: DutyphoneError | None = None
    encoding: str
    locale: str
    terminal: str
    columns: int | None = None
    cell_width: int | None = None
    config: str
    config_exists: bool
    config_problem: DutyphoneError | None = None
    lines: int = 0


def _python(seen: Environment) -> Finding:
    version = ".".join(map(str, seen.python))
    if seen.python[:2] < OLDEST_PYTHON:
        return fault(
            _("Python {version} is too old.").format(version=version),
            _("Install Python {version} or later.").format(version=".".join(map(str, OLDEST_PYTHON))),
        )
    return ok(_("Python {version} on {machine}").format(version=version, machine=seen.machine))


def _sqlite(seen: Environment) -> Finding:
    if seen.sqlite_problem is not None:
        return fault(seen.sqlite_problem.message, seen.sqlite_problem.advice, seen.sqlite_problem.evidence)
    return ok(_("SQLite {version}, without the fault of older ones").format(version=seen.sqlite))


def _encoding(seen: Environment) -> Finding:
    """X24: a terminal in another encoding shows Chinese as rubbish."""
    said = f"encoding={seen.encoding} locale={seen.locale}"
    if _is_utf8(seen.encoding):
        return ok(_("The terminal gets UTF-8."), said)
    return fault(
        _("The terminal gets {encoding}, not UTF-8: Chinese comes out as rubbish.").format(
            encoding=seen.encoding or "ASCII"
        ),
        _("Choose a UTF-8 locale and log in again: export LANG=zh_CN.UTF-8"),
        said,
    )


def _terminal(seen: Environment) -> Finding | None:
    if seen.columns is None:
        return None
    if seen.terminal == "linux":
        return warning(
            _("The text console of Linux has no Chinese characters."),
            _("Use a terminal window, or SSH from another computer."),
            "TERM=linux",
        )
    if seen.cell_width not in (None, 2):
        return warning(
            _("The terminal draws Chinese characters {n} columns wide instead of 2: columns will be crooked.").format(
                n=seen.cell_width
            ),
            _("Choose a font with Chinese characters, or another terminal."),
        )
    if seen.columns < NARROWEST:
        return warning(
            _("The terminal is {n} columns wide; the console wants {least}.").format(n=seen.columns, least=NARROWEST),
            _("Make the window larger or the font smaller."),
        )
    if seen.cell_width is None:
        return unknown(_("{n} columns; how wide it draws Chinese characters it does not say.").format(n=seen.columns))
    return ok(_("{n} columns; a Chinese character takes two of them.").format(n=seen.columns))


def _config(seen: Environment) -> Finding:
    if seen.config_problem is not None:
        return fault(seen.config_problem.message, seen.config_problem.advice)
    if not seen.config_exists:
        return warning(
            _("There is no configuration file {path}.").format(path=seen.config),
            _("Write one with `dutyphone config init` and set the port of your modem in it."),
        )
    if not seen.lines:
        return warning(
            _("{path} has no line: nothing is listened to.").format(path=seen.config),
            _("Add a table [lines.desk]; `dutyphone config init` writes one."),
        )
    return ok(ngettext("{path}, {n} line", "{path}, {n} lines", seen.lines).format(path=seen.config, n=seen.lines))


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False


CHECKS: tuple[Check[Environment], ...] = (
    Check("python", N_("Python"), _python),
    Check("sqlite", N_("SQLite"), _sqlite),
    Check("encoding", N_("encoding"), _encoding),
    Check("terminal", N_("terminal"), _terminal),
    Check("config", N_("configuration"), _config),
)
