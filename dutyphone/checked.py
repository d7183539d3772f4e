"""What a person wrote, read into frozen dataclasses: each field says how it is read and what was expected.

    class RoomSettings:
        name: str = setting(TEXT, "")

A number may be written as text, as it is in the environment. `Wrong` names the place of the first thing that cannot be
used: the fields in their order, then what no field is called. Knows neither files nor the environment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, field, fields
from enum import Enum
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Keys = tuple[str, ...]


class Fault(Enum):
    """What can be wrong with something that was written."""

    UNKNOWN = "unknown"  # there is no such setting; `expected` names those there are
    MISSING = "missing"  # it has to be there
    NAME = "name"  # it cannot be called so
    VALUE = "value"  # it cannot be this


class Wrong(ValueError):
    """What was written at `keys` cannot be used."""

    def __init__(self, fault: Fault, keys: Keys, value: object = None, expected: str = "") -> None:
        super().__init__(f"{'.'.join(keys)}: {value!r}, expected {expected}")
        self.fault, self.keys, self.value, self.expected = fault, keys, value, expected

    @classmethod
    def here(cls, value: object, expected: str) -> Wrong:
        """Said by a reader, which knows the value and not its place."""
        return cls(Fault.VALUE, (), value, expected)

    def under(self, key: str) -> Wrong:
        """The same, said by the table in which `key` is."""
        return Wrong(self.fault, (key, *self.keys), self.value, self.expected)


class WrongTogether(ValueError):
    """Raised by the `__post_init__` of a table: its field `name` does not go with the others."""

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(f"{name}: expected {expected}")
        self.name, self.expected = name, expected


class Reader(Protocol[T_co]):
    """Makes a value of what was written, or raises `Wrong`."""

    def read(self, written: object) -> T_co: ...

    def decode(self, text: str, below: Keys) -> object:
        """What would have to be written here if `text` is to stand at `below`. Raises `Wrong`."""


def setting(reader: Reader[T], default: T) -> T:
    """A field that is read by `reader`, and may be left out."""
    made: T = field(default=default, metadata={_READER: reader})
    return made


def settings(kind: type[T]) -> T:
    """A field that is a table of its own, and may be left out."""
    made: T = field(default_factory=kind, metadata={_READER: Table(kind)})
    return made


def tables(name: str, kind: type[T]) -> dict[str, T]:
    """A field of any number of tables, whose names match `name`."""
    made: dict[str, T] = field(default_factory=dict, metadata={_READER: Tables(name, kind)})
    return made


def required(reader: Reader[T]) -> T:
    """A field that is read by `reader`, and has to be there."""
    made: T = field(metadata={_READER: reader})
    return made


def the_rest() -> Mapping[str, object]:
    """A field that takes what no other field is called, as it was written."""
    made: Mapping[str, object] = field(default_factory=dict, metadata={_REST: True})
    return made


def read_table(kind: type[T], written: Mapping[str, object]) -> T:
    """A table with what was written. Raises `Wrong`."""
    return Table(kind).read(written)


def decode(kind: type[Any], keys: Keys, text: str) -> Mapping[str, object]:
    """What would have to be written in a table if `text` is to stand at `keys`. Raises `Wrong`."""
    try:
        made = Table(kind).decode(text, keys)
    except Wrong as wrong:
        raise Wrong(wrong.fault, keys, text, wrong.expected) from None
    assert isinstance(made, Mapping), "keys are named"
    return made


def names_beside(kind: type[Any], keys: Keys) -> list[str]:
    """The settings there are beside the one at `keys`."""
    readers = _readers(kind)
    inner = readers.get(keys[0]) if len(keys) > 1 else None
    return names_beside(inner.kind, keys[1:]) if isinstance(inner, Table) else list(readers)


# --- single values -----------------------------------------------------------------------------------------------


class Single(Generic[T]):
    """One value, which the environment spells as it is."""

    def __init__(self, check: Callable[[object], T]) -> None:
        self._check = check

    def read(self, written: object) -> T:
        return self._check(written)

    def decode(self, text: str, below: Keys) -> object:
        return _nested(below, text)  # with keys below a single value it is no single value, as `read` will say


def _text(written: object) -> str:
    if not isinstance(written, str):
        raise Wrong.here(written, "a valid string")
    return written


def _flag(written: object) -> bool:
    if isinstance(written, bool):
        return written
    if not isinstance(written, int | float | str) or (isinstance(written, float) and not written.is_integer()):
        raise Wrong.here(written, "a valid boolean")
    said = written.lower() if isinstance(written, str) else f"{int(written)}"
    if said not in _FLAGS:
        raise Wrong.here(written, "a valid boolean, unable to interpret input")
    return _FLAGS[said]


_FLAGS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("0", "false", "f", "no", "n", "off"), False),
}


def _whole(written: object) -> int:
    match written:
        case str() if re.fullmatch(_WHOLE, written, re.ASCII):
            return int(written.partition(".")[0])
        case str():
            raise Wrong.here(written, "a valid integer, unable to parse string as an integer")
        case float() if not math.isfinite(written):
            raise Wrong.here(written, "a finite number")
        case float() if not written.is_integer():
            raise Wrong.here(written, "a valid integer, got a number with a fractional part")
        case int() | float():
            return int(written)
        case _:
            raise Wrong.here(written, "a valid integer")


_WHOLE = r"\s*[+-]?\d+(?:_\d+)*(?:\.0*)?\s*"

TEXT: Reader[str] = Single(_text)
FLAG: Reader[bool] = Single(_flag)


def text_like(pattern: str) -> Reader[str]:
    """Text that matches `pattern`."""

    def check(written: object) -> str:
        text = _text(written)
        if not re.search(pattern, text):
            raise Wrong.here(written, f"String should match pattern '{pattern}'")
        return text

    return Single(check)


def text_that(holds: Callable[[str], bool], expected: str) -> Reader[str]:
    """Text of which `holds` is true."""

    def check(written: object) -> str:
        text = _text(written)
        if not holds(text):
            raise Wrong.here(written, expected)
        return text

    return Single(check)


def one_of(*words: str) -> Reader[str]:
    """One of `words`."""

    def check(written: object) -> str:
        if not isinstance(written, str) or written not in words:
            *most, last = map(repr, words)
            raise Wrong.here(written, f"{', '.join(most)} or {last}")
        return written

    return Single(check)


def whole(least: int, most: int, *, missing: Callable[[int], str] = lambda _number: "") -> Reader[int]:
    """A whole number from `least` to `most`; `missing` says what else was expected of it, "" if nothing."""

    def check(written: object) -> int:
        number = _whole(written)
        if number < least:
            raise Wrong.here(written, f"greater than or equal to {least}")
        if number > most:
            raise Wrong.here(written, f"less than or equal to {most}")
        if expected := missing(number):
            raise Wrong.here(written, expected)
        return number

    return Single(check)


def _folder(written: object) -> Path | None:
    if not isinstance(written, str | Path):
        raise Wrong.here(written, "a path")
    return Path(written).expanduser().absolute()


FOLDER: Reader[Path | None] = Single(_folder)
"""A folder; an absolute path is made of it."""


# --- values with values in them; as one text of the environment they are JSON ------------------------------------


class TwoNumbers:
    """A list of two whole numbers."""

    def read(self, written: object) -> tuple[int, int]:
        if not isinstance(written, list):
            raise Wrong.here(written, "a valid list")
        if len(written) > 2:
            raise Wrong.here(written, f"List should have at most 2 items after validation, not {len(written)}")
        numbers = []
        for index, each in enumerate(written):
            try:
                numbers.append(_whole(each))
            except Wrong as wrong:
                raise wrong.under(str(index)) from None
        if len(numbers) < 2:
            raise Wrong.here(written, f"List should have at least 2 items after validation, not {len(numbers)}")
        return numbers[0], numbers[1]

    def decode(self, text: str, below: Keys) -> object:
        return _nested(below, text) if below else _json(text)


TWO_NUMBERS: Reader[tuple[int, int]] = TwoNumbers()


class Table(Generic[T]):
    """A table whose keys are the fields of the dataclass `kind`."""

    def __init__(self, kind: type[T]) -> None:
        self.kind = kind

    def read(self, written: object) -> T:
        if not isinstance(written, Mapping):
            raise Wrong.here(written, "a table")
        try:
            return self.kind(**dict(self._values(written)))
        except WrongTogether as wrong:
            raise Wrong(Fault.VALUE, (wrong.name,), written[wrong.name], wrong.expected) from None

    def decode(self, text: str, below: Keys) -> object:
        if not below:
            return _json(text)
        reader = _readers(self.kind).get(below[0])
        if reader is not None:
            return {below[0]: reader.decode(text, below[1:])}
        return _nested(below, text if _rest_of(self.kind) is None else _json_or_text(text))

    def _values(self, written: Mapping[str, object]) -> Iterator[tuple[str, object]]:
        readers = _readers(self.kind)
        for name, reader in readers.items():
            if name in written:
                try:
                    yield name, reader.read(written[name])
                except Wrong as wrong:
                    raise wrong.under(name) from None
            elif _must_be_there(self.kind, name):
                raise Wrong(Fault.MISSING, (name,))
        others = {key: value for key, value in written.items() if key not in readers}
        rest = _rest_of(self.kind)
        if rest is not None:
            yield rest, others
        elif others:
            key, value = next(iter(others.items()))
            raise Wrong(Fault.UNKNOWN, (key,), value)


class Tables(Generic[T]):
    """Tables by name."""

    def __init__(self, name: str, kind: type[T]) -> None:
        self.name = name
        self.kind = kind

    def read(self, written: object) -> dict[str, T]:
        if not isinstance(written, Mapping):
            raise Wrong.here(written, "a table")
        made: dict[str, T] = {}
        for name, table in written.items():
            if not re.search(self.name, name):
                raise Wrong(Fault.NAME, (name,), name)
            try:
                made[name] = read_table(self.kind, table)
            except Wrong as wrong:
                raise wrong.under(name) from None
        return made

    def decode(self, text: str, below: Keys) -> object:
        return {below[0]: Table(self.kind).decode(text, below[1:])} if below else _json(text)


_READER, _REST = "reader", "rest"


def _readers(kind: type[Any]) -> dict[str, Reader[Any]]:
    return {each.name: each.metadata[_READER] for each in fields(kind) if _READER in each.metadata}


def _rest_of(kind: type[Any]) -> str | None:
    return next((each.name for each in fields(kind) if _REST in each.metadata), None)


def _must_be_there(kind: type[Any], name: str) -> bool:
    made: Field[Any] = next(each for each in fields(kind) if each.name == name)
    return made.default is MISSING and made.default_factory is MISSING


def _nested(keys: Keys, value: object) -> object:
    for key in reversed(keys):
        value = {key: value}
    return value


def _json(text: str) -> object:
    import json  # seldom needed

    try:
        return json.loads(text)
    except ValueError:
        raise Wrong.here(text, "JSON") from None


def _json_or_text(text: str) -> object:
    try:
        return _json(text)
    except Wrong:
        return text
