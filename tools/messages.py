"""The translations: find what is said in the sources, keep the Chinese catalogs in step, compile them.

    python tools/messages.py                 every room
    python tools/messages.py tui             one room
    python tools/messages.py --check         change nothing; fail if anything is missing, doubtful or out of date
    python tools/messages.py --prune         also forget what is no longer said anywhere

A room is a gettext domain with one catalog, `dutyphone/locale/zh_CN/LC_MESSAGES/<room>.po`, and the compiled `.mo`
beside it, which is committed because it goes into the wheel. Both are written without dates or versions, so that
running this twice changes nothing. A source file that cannot be read at the moment keeps the messages it had.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import string
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh_CN"
CATALOGS = Path("dutyphone/locale") / LANGUAGE / "LC_MESSAGES"

ROOMS = {
    "dutyphone": Path("dutyphone"),
    "drivers": Path("drivers/dutyphone_drivers"),
    "tui": Path("tui/dutyphone_tui"),
    "simulators": Path("simulators/dutyphone_simulators"),
}
"""Each gettext domain (see `dutyphone.i18n.DOMAINS`) and the folder whose sources speak in it."""

KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "ngettext": (1, 2)}
"""The functions of `dutyphone.i18n`, in Babel's form: None means the first argument."""

COMMENT_TAG = "Translators:"
"""A comment that begins so, right above a message, is shown to whoever translates it."""


class StableCatalog(Catalog):
    """A catalog whose header says only what gettext needs."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "dutyphone"),
            ("Language", LANGUAGE),
            ("Plural-Forms", "nplurals=1; plural=0;"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; 1 if a check found something."""
    parser = argparse.ArgumentParser(description="Keep the Chinese message catalogs in step with the sources.")
    parser.add_argument("rooms", nargs="*", metavar="room", help=f"only these of {', '.join(ROOMS)}")
    parser.add_argument("--check", action="store_true", help="change nothing and fail on any fault")
    parser.add_argument("--prune", action="store_true", help="forget messages that are no longer said")
    options = parser.parse_args(arguments)
    if unknown := set(options.rooms) - set(ROOMS):
        parser.error(f"no such room: {', '.join(sorted(unknown))}")
    rooms = options.rooms or list(ROOMS)
    if options.check:
        faults = list(check(ROOT, rooms))
        _say("\n".join(faults) if faults else f"{len(rooms)} catalogs are complete.")
        return 1 if faults else 0
    for room in rooms:
        _say(update(ROOT, room, prune=options.prune))
    return 0


def update(root: Path, room: str, *, prune: bool = False) -> str:
    """Bring one catalog in step with its sources and compile it. Returns a line that says how it stands."""
    fresh, unreadable = extract_room(root, room)
    old = _read(root, room)
    merged = merge(fresh, old, unreadable=unreadable, keep_obsolete=not prune)
    _write(root / CATALOGS / f"{room}.po", render_po(merged))
    _write(root / CATALOGS / f"{room}.mo", compile_mo(merged))
    waiting = sum(1 for message in _messages(merged) if not _translated(message))
    line = f"{room}: {len(merged)} messages, {waiting} not translated"
    return line + "".join(f"\n  {path} cannot be read now and keeps its messages" for path in unreadable)


def check(root: Path, rooms: list[str]) -> Iterator[str]:
    """Everything that is wrong with the catalogs, one sentence each."""
    said: dict[str, tuple[str, object]] = {}
    for room in rooms:
        fresh, unreadable = extract_room(root, room)
        yield from (f"{room}: {path} cannot be read." for path in unreadable)
        catalog = _read(root, room)
        yield from _out_of_step(room, fresh, catalog)
        for message in _messages(catalog):
            yield from faults_of(room, message)
            first_room, first = said.setdefault(_key(message), (room, message.string))
            if first != message.string:
                yield f"{room}: {_key(message)!r} is translated differently in {first_room}; the first one would win."
        compiled = root / CATALOGS / f"{room}.mo"
        if not compiled.is_file() or compiled.read_bytes() != compile_mo(catalog):
            yield f"{room}: the compiled catalog is out of date; run: make messages"


def faults_of(room: str, message: Message) -> Iterator[str]:
    """What is wrong with one translation: missing, doubtful, or naming other fields than the original."""
    if not _translated(message):
        yield f"{room}: {_key(message)!r} is not translated."
        return
    if message.fuzzy:
        yield f"{room}: {_key(message)!r} is marked fuzzy."
    allowed = {frozenset(_fields(original)) for original in _texts(message.id)}
    for text in _texts(message.string):
        if frozenset(_fields(text)) not in allowed:
            yield f"{room}: the translation of {_key(message)!r} does not name the same {{fields}}."


def extract_room(root: Path, room: str) -> tuple[Catalog, list[str]]:
    """What the sources of `room` say, in reading order, and the files that are not Python at the moment."""
    catalog = StableCatalog(locale=LANGUAGE)
    unreadable: list[str] = []
    for path in sorted((root / ROOMS[room]).rglob("*.py")):
        name = path.relative_to(root).as_posix()
        source = path.read_bytes()
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            unreadable.append(name)
            continue
        found = extract("python", io.BytesIO(source), KEYWORDS, [COMMENT_TAG], None, strip_comment_tags=True)
        for _line, text, comments, _context in found:
            catalog.add(text, locations=[(name, 0)], auto_comments=comments)
    return catalog, unreadable


def merge(fresh: Catalog, old: Catalog, *, unreadable: list[str], keep_obsolete: bool) -> Catalog:
    """`fresh` with the translations of `old`. What nobody says any more is kept aside as obsolete, if wanted."""
    merged = StableCatalog(locale=LANGUAGE)
    for message in _messages(fresh):
        known = old.get(message.id) or _obsolete(old, message.id)
        merged.add(
            message.id,
            known.string if known is not None else None,
            locations=_files_once(message),
            flags=(message.flags | (known.flags & {"fuzzy"})) if known is not None else message.flags,
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known is not None else (),
        )
    for message in [*_messages(old), *old.obsolete.values()]:
        if merged.get(message.id) is not None:
            continue
        if any(file in unreadable for file, _line in message.locations):
            _put(merged, message)
        elif keep_obsolete and _translated(message):
            merged.obsolete[_key(message)] = message
    return merged


def render_po(catalog: Catalog) -> bytes:
    """The text of a `.po` file."""
    out = io.BytesIO()
    write_po(out, catalog, omit_header=True, include_lineno=False, width=100)
    header = 'msgid ""\nmsgstr ""\n' + "".join(f'"{name}: {value}\\n"\n' for name, value in catalog.mime_headers)
    return header.encode() + b"\n" + out.getvalue().lstrip(b"\n")


def compile_mo(catalog: Catalog) -> bytes:
    """The bytes of a `.mo` file."""
    stable = StableCatalog(locale=LANGUAGE)
    for message in _messages(catalog):
        _put(stable, message)
    out = io.BytesIO()
    write_mo(out, stable)
    return out.getvalue()


def _read(root: Path, room: str) -> Catalog:
    path = root / CATALOGS / f"{room}.po"
    if not path.is_file():
        return StableCatalog(locale=LANGUAGE)
    with path.open("rb") as file:
        try:
            return read_po(file, locale=LANGUAGE, charset="utf-8", abort_invalid=True)
        except PoFileError as wrong:
            raise SystemExit(f"{path.relative_to(root)}: {wrong}") from wrong


def _out_of_step(room: str, fresh: Catalog, catalog: Catalog) -> Iterator[str]:
    written = {_key(message) for message in _messages(catalog)}
    spoken = {_key(message) for message in _messages(fresh)}
    yield from (f"{room}: {key!r} is not in the catalog; run: make messages" for key in sorted(spoken - written))
    yield from (f"{room}: {key!r} is no longer said; run: make messages" for key in sorted(written - spoken))


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _put(catalog: Catalog, message: Message) -> None:
    catalog.add(
        message.id,
        message.string,
        locations=_files_once(message),
        flags=message.flags,
        auto_comments=message.auto_comments,
        user_comments=message.user_comments,
    )


def _obsolete(catalog: Catalog, key: object) -> Message | None:
    for message in catalog.obsolete.values():
        if message.id == key:
            return message
    return None


def _files_once(message: Message) -> list[tuple[str, int]]:
    return [(file, 0) for file in dict.fromkeys(file for file, _line in message.locations)]


def _key(message: Message) -> str:
    return _texts(message.id)[0]


def _texts(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The singular and plural forms of a message id or a translation."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def _translated(message: Message) -> bool:
    return bool(message.string) and all(_texts(message.string))


def _fields(text: str) -> Iterator[str]:
    try:
        yield from (name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None)
    except ValueError:
        yield "\0not a format string"


def _write(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step; leave an unchanged file alone."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
