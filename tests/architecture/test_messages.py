"""Every text a person can see is there in Chinese, and the tool that sees to it can be trusted."""

from __future__ import annotations

import gettext
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def messages() -> Iterator[ModuleType]:
    """The tool `tools/messages.py`, which is a script and no package."""
    spec = importlib.util.spec_from_file_location("messages_tool", ROOT / "tools" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small repository whose console says one thing."""
    (tmp_path / "tui" / "dutyphone_tui").mkdir(parents=True)
    say(tmp_path, 'print(_("Line {line} is down."))')
    return tmp_path


def say(house: Path, source: str, name: str = "bar.py") -> None:
    (house / "tui" / "dutyphone_tui" / name).write_text(source + "\n", encoding="utf-8")


def po_of(house: Path) -> Path:
    return house / "dutyphone" / "locale" / "zh_CN" / "LC_MESSAGES" / "tui.po"


def translate(house: Path, english: str, chinese: str) -> None:
    po = po_of(house)
    text = po.read_text(encoding="utf-8")
    assert f'msgid "{english}"\nmsgstr ""\n' in text
    changed = text.replace(f'msgid "{english}"\nmsgstr ""\n', f'msgid "{english}"\nmsgstr "{chinese}"\n')
    po.write_text(changed, encoding="utf-8")


def test_every_text_of_every_room_is_there_in_chinese(messages: ModuleType) -> None:
    assert list(messages.check(ROOT, list(messages.ROOMS))) == []


def test_rooms_are_the_domains_the_program_loads(messages: ModuleType) -> None:
    from dutyphone.i18n import DOMAINS

    assert tuple(messages.ROOMS) == DOMAINS


def test_a_new_text_is_found_and_its_translation_compiled(messages: ModuleType, house: Path) -> None:
    messages.update(house, "tui")
    assert any("is not translated" in fault for fault in messages.check(house, ["tui"]))
    translate(house, "Line {line} is down.", "线路 {line} 监听中断。")
    assert any("compiled catalog is out of date" in fault for fault in messages.check(house, ["tui"]))
    messages.update(house, "tui")
    assert list(messages.check(house, ["tui"])) == []
    with po_of(house).with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Line {line} is down.") == "线路 {line} 监听中断。"


def test_running_it_again_changes_not_one_byte(messages: ModuleType, house: Path) -> None:
    messages.update(house, "tui")
    translate(house, "Line {line} is down.", "线路 {line} 监听中断。")
    messages.update(house, "tui")
    before = {path.name: path.read_bytes() for path in po_of(house).parent.iterdir()}
    messages.update(house, "tui")
    assert {path.name: path.read_bytes() for path in po_of(house).parent.iterdir()} == before


def test_a_half_written_file_does_not_lose_its_translations(messages: ModuleType, house: Path) -> None:
    messages.update(house, "tui")
    translate(house, "Line {line} is down.", "线路 {line} 监听中断。")
    say(house, 'print(_("Line {line} is')
    report = messages.update(house, "tui", prune=True)
    assert "cannot be read now" in report
    assert "线路 {line} 监听中断。" in po_of(house).read_text(encoding="utf-8")
    assert any("cannot be read" in fault for fault in messages.check(house, ["tui"]))


def test_a_text_that_comes_back_finds_its_old_translation(messages: ModuleType, house: Path) -> None:
    messages.update(house, "tui")
    translate(house, "Line {line} is down.", "线路 {line} 监听中断。")
    say(house, "pass")
    messages.update(house, "tui")
    assert list(messages.check(house, ["tui"])) == []
    say(house, 'print(_("Line {line} is down."))')
    messages.update(house, "tui")
    assert list(messages.check(house, ["tui"])) == []
    say(house, "pass")
    messages.update(house, "tui", prune=True)
    assert "监听中断" not in po_of(house).read_text(encoding="utf-8")


def test_a_translation_that_names_other_fields_is_refused(messages: ModuleType, house: Path) -> None:
    messages.update(house, "tui")
    translate(house, "Line {line} is down.", "线路 {lien} 监听中断。")
    messages.update(house, "tui")
    assert any("same {fields}" in fault for fault in messages.check(house, ["tui"]))


def test_a_doubtful_translation_is_refused(messages: ModuleType, house: Path) -> None:
    messages.update(house, "tui")
    translate(house, "Line {line} is down.", "线路 {line} 监听中断。")
    po = po_of(house)
    po.write_text(po.read_text(encoding="utf-8").replace("#, python", "#, fuzzy, python"), encoding="utf-8")
    messages.update(house, "tui")
    assert any("marked fuzzy" in fault for fault in messages.check(house, ["tui"]))


def test_plural_texts_are_found(messages: ModuleType, house: Path) -> None:
    say(house, 'print(ngettext("{n} call", "{n} calls", 3).format(n=3))')
    messages.update(house, "tui")
    po = po_of(house)
    po.write_text(po.read_text(encoding="utf-8").replace('msgstr[0] ""', 'msgstr[0] "{n} 次通话"'), encoding="utf-8")
    messages.update(house, "tui")
    assert list(messages.check(house, ["tui"])) == []
    with po.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).ngettext("{n} call", "{n} calls", 3) == "{n} 次通话"
