"""The documents say what is true: links lead somewhere, commands exist, settings and keys are all there."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

ROOT = Path(__file__).resolve().parents[2]

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
INLINE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^ *```[a-z]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)

PAIRS = [
    ("README.md", "README.zh-CN.md"),
    ("docs/handbook/officer.md", "docs/handbook/officer.zh-CN.md"),
    ("docs/handbook/office.md", "docs/handbook/office.zh-CN.md"),
    ("docs/keeping-the-log.md", "docs/keeping-the-log.zh-CN.md"),
]
"""Documents that exist in both languages."""


@cache
def documents() -> dict[Path, str]:
    """Every Markdown file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return {Path(name): (ROOT / name).read_text(encoding="utf-8") for name in listed.split("\0") if name}


def anchors(text: str) -> set[str]:
    """The names a page's headings can be linked by."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def commands_in(text: str) -> Iterator[str]:
    """Everything in code type that is a call of `dutyphone` with at least one word behind it."""
    for block in FENCE.findall(text):
        for line in block.splitlines():
            if found := re.search(r"(?:^|\s|/)dutyphone ((?:[a-z-]).*)$", line.split("  #")[0]):
                yield found[1]
    for code in INLINE.findall(FENCE.sub("", text)):
        if code.startswith("dutyphone "):
            yield code.removeprefix("dutyphone ")


def make_targets_in(text: str) -> set[str]:
    code = "\n".join([*FENCE.findall(text), *INLINE.findall(FENCE.sub("", text))])
    return set(re.findall(r"^make ([a-z-]+)", code, re.MULTILINE))


@cache
def command_line() -> Any:
    """The tree of commands, as the library behind Typer holds it: groups have `commands`, all have `params`."""
    from dutyphone.cli.commands import build

    return typer.main.get_command(build())


def fault_of(command: str) -> str:
    """What is wrong with the words behind `dutyphone`, or nothing."""
    words = command.split()
    node = command_line()
    while words and (children := getattr(node, "commands", None)) and not words[0].startswith("-"):
        child = children.get(words[0])
        if child is None:
            return f"there is no command {words[0]!r}"
        node, words = child, words[1:]
    known = {option for parameter in node.params for option in parameter.opts} | {"--help", "--version"}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in known]
    return f"{node.name} has no option {unknown[0]}" if unknown else ""


def test_every_link_leads_somewhere() -> None:
    broken = []
    for page, text in documents().items():
        for target in LINK.findall(text):
            if "://" in target or target.startswith("mailto:"):
                continue
            name, _hash, anchor = target.partition("#")
            path = (ROOT / page.parent / name) if name else ROOT / page
            if not path.exists() or (anchor and anchor not in anchors(path.read_text(encoding="utf-8"))):
                broken.append(f"{page}: {target}")
    assert broken == []


def test_every_command_a_document_names_exists() -> None:
    named = {(page, command) for page, text in documents().items() for command in commands_in(text)}
    assert len(named) > 10
    assert [f"{page}: dutyphone {command}: {fault}" for page, command in named if (fault := fault_of(command))] == []


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert fault_of("rnu") == "there is no command 'rnu'"
    assert fault_of("run --simulat night-shift") == "run has no option --simulat"
    assert list(commands_in("Say `dutyphone rnu`.\n```\n$ /opt/bin/dutyphone run --x\n```\n")) == ["run --x", "rnu"]


def test_every_make_target_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {t for text in documents().values() for t in make_targets_in(text)} - targets == set()


def test_every_setting_is_documented_with_its_default() -> None:
    from dutyphone.config import LineSettings, Settings

    def settings_of(kind: type[Any], prefix: str) -> Iterator[tuple[str, object]]:
        for each in fields(kind):
            if each.name == "lines":
                yield from settings_of(LineSettings, "lines.NAME.")
            elif isinstance(each.default_factory, type) and is_dataclass(each.default_factory):
                yield from settings_of(each.default_factory, f"{prefix}{each.name}.")
            elif "reader" in each.metadata:
                default = each.default
                yield prefix + each.name, list(default) if isinstance(default, tuple) else default

    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.+?) \|", page.partition("\n## ")[0], re.MULTILINE))
    actual = dict(settings_of(Settings, ""))
    assert set(rows) == set(actual)
    for name, shown in rows.items():
        if shown.startswith("`"):
            assert tomllib.loads(f"value = {shown.strip('`')}")["value"] == actual[name], name
        else:
            assert name in {"data_folder", "lines.NAME.driver"}


@pytest.mark.parametrize(
    ("driver", "heading"), [("serial_modem", "## The serial modem"), ("sip_account", "## The SIP account")]
)
def test_every_option_of_a_driver_is_documented(driver: str, heading: str) -> None:
    from dutyphone.errors import OptionError
    from dutyphone.plugins import load_driver

    with pytest.raises(OptionError) as refused:
        load_driver(driver).open_line("desk", {"no_such_option": 1})
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8").partition(heading)[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == refused.value.expected.split(", ")


@pytest.mark.parametrize(("english", "chinese"), PAIRS)
def test_both_languages_have_the_same_shape(english: str, chinese: str) -> None:
    def shape(name: str) -> list[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return [line.split(" ", 1)[0] for line in FENCE.sub("```", text).splitlines() if line.startswith(("#", "```"))]

    def table_rows(name: str) -> int:
        return len(re.findall(r"^\|", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))

    assert shape(english) == shape(chinese)
    assert table_rows(english) == table_rows(chinese)


@pytest.mark.parametrize("page", ["officer.md", "officer.zh-CN.md"])
def test_the_officers_page_has_every_key_of_the_console(page: str) -> None:
    from dutyphone_tui.keys import GROUPS

    text = (ROOT / "docs" / "handbook" / page).read_text(encoding="utf-8")
    missing = [key.cap for _title, keys in GROUPS for key in keys if f"`{key.cap}`" not in text]
    assert missing == []


def test_every_word_of_the_glossary_is_spoken_by_the_program() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [row for row in re.findall(r"^\| ([^|]+) \| ([^|]+) \|", page, re.MULTILINE) if row[0] != "in the code"]
    spoken = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "dutyphone" / "locale").rglob("*.po"))
    spoken += "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "dutyphone").rglob("*"))
        if path.suffix in {".py", ".toml"}
    )
    assert len(words) > 20
    assert [
        f"{code}: {chinese}" for code, chinese in words if chinese.strip() not in spoken and "-" not in chinese
    ] == []


def test_decisions_are_numbered_without_a_gap_and_say_what_would_change_our_mind() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for heading in ("Context", "Choice", "What was measured", "What would change our mind"):
            assert f"**{heading}.**" in text, f"{page.name}: {heading}"


def test_the_changelog_knows_this_version() -> None:
    import dutyphone

    assert f"## [{dutyphone.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_service_starts_a_command_that_exists() -> None:
    unit = (ROOT / "packaging" / "dutyphone-recorder.service").read_text(encoding="utf-8")
    (command,) = re.findall(r"^ExecStart=\S+/dutyphone (.+)$", unit, re.MULTILINE)
    assert fault_of(command) == ""
    assert re.findall(r"^Type=(.+)$", unit, re.MULTILINE) == ["notify"]
