"""Puts the commands together and turns errors into sentences."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from dutyphone import config, i18n
from dutyphone.cli import straight
from dutyphone.errors import DutyphoneError
from dutyphone.i18n import _

FAULT = 70
"""Exit code of a fault of the program itself (EX_SOFTWARE of sysexits(3))."""


def run_app(arguments: Sequence[str]) -> int:
    """Carry out the command line; the exit code. Errors a person can mend are two lines on stderr, no traceback."""
    i18n.use_language(_language(arguments))
    try:
        code = _carry_out(arguments)
    except DutyphoneError as error:
        print_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception:  # noqa: BLE001 - the last door: a fault of ours is kept for its mender and said in a sentence
        import traceback

        print_error(_fault(traceback.format_exc()))
        return FAULT
    return code if isinstance(code, int) else 0


def _carry_out(arguments: Sequence[str]) -> object:
    command = straight.command_of(arguments)
    if command is not None:
        command()
        return 0
    from dutyphone.cli import help as help_words
    from dutyphone.cli.commands import build

    if help_words.is_asked_for(arguments):
        help_words.speak()
    return build()(args=list(arguments), prog_name="dutyphone", standalone_mode=True)


def print_error(error: DutyphoneError) -> None:
    """What is the matter, and what to do."""
    sys.stderr.write(f"dutyphone: {error.message}\n")
    if error.advice:
        sys.stderr.write(f"  {error.advice}\n")


def _fault(trace: str) -> DutyphoneError:
    """What is said about a fault of the program. The trace holds code, not data."""
    import tempfile

    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="dutyphone-fault-", delete=False) as file:
            file.write(trace)
    except OSError:
        return DutyphoneError(trace)
    return DutyphoneError(
        _("This is a fault of dutyphone. What is in the log already is safe."),
        advice=_("Start it again, and send {path} to whoever looks after it.").format(path=file.name),
    )


def _language(arguments: Sequence[str]) -> str:
    """The language has to be known before the first text is made, which is before the command line is parsed."""
    wanted = _value_of("--language", arguments)
    if wanted is None:
        named = _value_of("--config", arguments)
        try:
            wanted = config.load_settings(Path(named) if named else None).language
        except DutyphoneError:
            wanted = "auto"  # the command itself will say what is wrong with the file
    return i18n.language_for(wanted, config.system_locale())


def _value_of(option: str, arguments: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == option:
            return value if equals else next(iter(arguments[position + 1 :]), None)
    return None
