"""The answers on a screen and for programs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutyphone import i18n
from dutyphone.doctor import report
from dutyphone.doctor.finding import Answer, Finding, fault, ok, unknown, warning

LONG = "It is set up for another country, and so it may miss what the exchange of this one says. " * 3
CHINESE = "这条线路分不清已接和未接：这样的来电在有人确认之前记为不明，请接上能报告摘机的来电盒。" * 3


def answer(check: str, finding: Finding, subject: str = "", title: str = "clock") -> Answer:
    return Answer(check=check, title=title, subject=subject, finding=finding)


ANSWERS = [
    answer("clock", ok("kept right", "adjtimex=0")),
    answer("disk", warning("little room", "Free some."), title="disk"),
    answer("port", fault("no port", "Plug it in."), "desk", title="port"),
    answer("fax", unknown("not tried"), "desk", title="fax"),
]


def test_words_say_how_bad_it_is_in_columns() -> None:
    """X27: not colour alone."""
    assert list(report.as_text(ANSWERS, columns=80)) == [
        "This desk",
        "  in order   clock  kept right",
        "  warning    disk   little room",
        "                    > Free some.",
        "",
        "Line desk",
        "  FAULT      port   no port",
        "                    > Plug it in.",
        "  not known  fax    not tried",
        "",
        "Faults: 1. Warnings: 1.",
    ]


def test_evidence_is_for_those_who_ask() -> None:
    assert "adjtimex=0" not in "\n".join(report.as_text(ANSWERS))
    assert "| adjtimex=0" in "\n".join(report.as_text(ANSWERS, evidence=True))


def test_all_is_well() -> None:
    assert list(report.as_text(ANSWERS[:1]))[-1] == "Everything is in order."
    assert not report.has_fault(ANSWERS[:2])
    assert report.has_fault(ANSWERS)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("columns", [80, 100])
def test_columns_stay_straight_in_both_languages(language: str, columns: int) -> None:
    """X23."""
    i18n.use_language(language)
    answers = [*ANSWERS, answer("notes", warning(LONG + CHINESE, CHINESE), "desk", title="notes")]
    rows = [row for row in report.as_text(answers, columns=columns) if row.startswith("  ")]
    assert max(report.width(row) for row in rows) <= columns
    starts = {report.width(row) - report.width(row.lstrip()) for row in rows if row.startswith("    ")}
    assert len(starts) == 1, "what goes on stands under what it goes on from"


def test_programs_get_names_that_no_language_changes() -> None:
    i18n.use_language("zh_CN")
    said = json.loads(report.as_json(ANSWERS))
    assert said["ok"] is False
    assert [(row["check"], row["subject"], row["status"]) for row in said["findings"]] == [
        ("clock", "", "ok"),
        ("disk", "", "warning"),
        ("port", "desk", "fault"),
        ("fax", "desk", "unknown"),
    ]


@given(st.text(st.sampled_from("ab 中文，。 x"), max_size=120), st.integers(8, 40))
def test_wrapping_loses_nothing_but_blanks(text: str, columns: int) -> None:
    lines = report.wrap(text, columns)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    words = [report.width(word) for word in text.split()]
    assert all(report.width(line) <= max(columns, *words, 0) for line in lines)


def test_no_line_begins_with_a_full_stop() -> None:
    assert report.wrap("一二三四五六。七八", 12) == ["一二三四五", "六。七八"]
