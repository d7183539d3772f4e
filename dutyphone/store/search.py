"""What is put into the search index, and what is asked of it. Pure.

Chinese words mostly have two characters and nothing between them, so names and notes are indexed by overlapping pairs
of characters made here, and a term is found as the phrase of its own pairs. Punctuation and spaces are characters like
any other, so that 甲乙丙 is not found in 「甲乙，乙丙」, and every text is a document of its own. The pair behind the
last character is that character alone, so that a term of one character is found as the beginning of a pair. Letters A
to Z are the same as a to z, as they are for LIKE: a term is found exactly where `text LIKE '%term%'` finds it.

Of numbers only the different ones are indexed, by runs of four digits, because the last four are what people remember.
The runs only narrow, so a question takes no more of them than cover it from its end; the number itself is compared.

Tokens are hexadecimal or digits, so that no database's idea of words gets at them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

COUNTRY = "+86"
TRUNK_PREFIX = "0"
"""What stands for `COUNTRY` in a number dialled within the country."""

GRAM = 4
"""Digits in one run of the number index."""

MAX_PHRASE = 32
"""The longest term, in characters, that the index is asked for alone; a longer one is also compared with the text."""

_NOT_A_NUMBER = re.compile(r"[^0-9\s()+./*#\-]")
_NO_DIGIT = re.compile(r"[^0-9]")
_UPPER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token to look for; with `prefix`, any token beginning with it."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTerm:
    """A term for the text index: all `tokens`, one behind the other. `like` is the LIKE pattern that says the same."""

    tokens: tuple[Token, ...]
    like: str
    exact: bool
    """Whether the phrase alone is proof enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTerm:
    """Part of a number: numbers that have all tokens of one of `anyof`, and one of the LIKE patterns `likes`.

    `anyof` is empty if the index cannot help.
    """

    anyof: tuple[tuple[Token, ...], ...]
    likes: tuple[str, ...]


def text_tokens(text: str) -> str:
    """The tokens of a name or note, in order, with a space between."""
    codes = [_code(character) for character in text.translate(_UPPER)]
    return " ".join([*(a + b for a, b in pairwise(codes)), *codes[-1:]])


def number_tokens(*numbers: str | None) -> str:
    """The tokens of a number in all the ways it is written, each once, with a space between."""
    tokens = dict.fromkeys(token for number in numbers if number for token in _grams(_NO_DIGIT.sub("", number)))
    return " ".join(tokens)


def number_typed(text: str) -> str | None:
    """The digits of `text` if it is (part of) a telephone number, else None."""
    if _NOT_A_NUMBER.search(text):
        return None
    return _NO_DIGIT.sub("", text) or None


def text_term(text: str) -> TextTerm:
    """How to look for `text`, which is not empty, in names and notes."""
    head = text[:MAX_PHRASE].translate(_UPPER)
    codes = [_code(character) for character in head]
    if len(codes) == 1:
        tokens = [Token(codes[0], prefix=True)]
    else:
        tokens = [Token(a + b) for a, b in pairwise(codes)]
    return TextTerm(tokens=tuple(tokens), like=contains(text), exact=len(text) <= MAX_PHRASE)


def number_term(digits: str) -> NumberTerm:
    """How to look for `digits` in numbers; 010… and +8610… are the same number."""
    likes = [contains(digits)]
    wanted = [digits]
    if digits.startswith(TRUNK_PREFIX) and not digits.startswith(2 * TRUNK_PREFIX) and len(digits) > 1:
        likes.append(f"{COUNTRY}{digits[1:]}%")
        wanted.append(COUNTRY[1:] + digits[1:])
    if any(len(each) < GRAM - 1 for each in wanted):
        return NumberTerm(anyof=(), likes=tuple(likes))
    return NumberTerm(anyof=tuple(tuple(_number_query(each)) for each in wanted), likes=tuple(likes))


def contains(text: str) -> str:
    r"""The LIKE pattern (with `\` as the escape) for "contains `text`"."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _code(character: str) -> str:
    """Five hexadecimal digits. Plane 16, which is for private use, shares them with plane 0."""
    return f"{ord(character) & 0xFFFFF:05x}"


def _grams(digits: str) -> Iterable[str]:
    """Runs of four, and the last three alone, so that three digits are always the beginning of a token."""
    yield from (digits[i : i + GRAM] for i in range(len(digits) - GRAM + 1))
    yield digits[-(GRAM - 1) :]


def _number_query(digits: str) -> Iterable[Token]:
    if len(digits) < GRAM:
        yield Token(digits, prefix=True)
    else:
        yield from (Token(digits[end - GRAM : end]) for end in range(len(digits), GRAM - 1, -GRAM))
