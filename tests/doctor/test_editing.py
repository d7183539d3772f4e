"""The configuration file keeps every sign but the option that is set, or is left alone."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutyphone.config import sample_config
from dutyphone.doctor.editing import lines_to_write, with_options

FILE = """# our desk
zone = "Asia/Shanghai"

[lines.desk]   # the red telephone
driver = "serial_modem"
idle_class = 0          # as delivered

[lines.fax]
driver = "serial_modem"
idle_class = 0
"""


def test_a_new_option_stands_at_the_end_of_its_table() -> None:
    assert with_options(FILE, "desk", {"hook_proved": True}) == FILE.replace(
        "# as delivered\n", "# as delivered\nhook_proved = true\n"
    )


def test_an_old_option_is_replaced_in_its_table_and_its_remark_stays() -> None:
    assert with_options(FILE, "desk", {"idle_class": 8}) == FILE.replace(
        "idle_class = 0          # as", "idle_class = 8          # as"
    )


def test_the_sample_file_can_be_changed() -> None:
    changed = with_options(sample_config(), "desk", {"profile": "usr", "idle_class": 8, "hook_proved": False})
    assert changed is not None
    assert tomllib.loads(changed)["lines"]["desk"]["profile"] == "usr"
    assert changed.count("\n") == sample_config().count("\n") + 3


def test_a_table_at_the_very_end_without_a_line_end() -> None:
    changed = with_options('[lines.desk]\ndriver = "x"', "desk", {"idle_class": 8})
    assert changed == '[lines.desk]\ndriver = "x"\nidle_class = 8\n'


def test_windows_line_ends_stay() -> None:
    changed = with_options('[lines.desk]\r\nidle_class = 0\r\ndriver = "x"\r\n', "desk", {"idle_class": 8})
    assert changed == '[lines.desk]\r\nidle_class = 8\r\ndriver = "x"\r\n'


@pytest.mark.parametrize(
    "text",
    [
        'lines.desk.driver = "x"\n',
        'lines.desk = { driver = "x" }\n',
        '[lines]\ndesk = { driver = "x" }\n',
        '[lines.fax]\ndriver = "x"\n',
        "not toml [\n",
        '[lines.desk]\nnote = """\n[lines.desk]\nidle_class = 1\n"""\ndriver = "x"\nidle_class = """\n"""\n',
        "lines = 3\n",
        "",
    ],
)
def test_a_shape_that_is_not_understood_is_left_alone(text: str) -> None:
    assert with_options(text, "desk", {"idle_class": 8}) is None


def test_what_a_person_has_to_write() -> None:
    assert lines_to_write("desk", {"profile": "usr", "hook_proved": False}) == [
        "[lines.desk]",
        'profile = "usr"',
        "hook_proved = false",
    ]


VALUES = st.one_of(st.booleans(), st.integers(-5, 99), st.text(max_size=8))
TABLE = st.dictionaries(st.sampled_from(["a", "b", "profile", "x-y"]), st.integers(0, 9), max_size=4)


@given(TABLE, TABLE, st.dictionaries(st.sampled_from(["a", "profile", "new"]), VALUES, min_size=1))
def test_whatever_comes_back_says_the_old_with_the_new(
    desk: dict[str, int], fax: dict[str, int], options: dict[str, object]
) -> None:
    rows = [
        "[lines.desk]",
        *(f"{k} = {v}" for k, v in desk.items()),
        "[lines.fax]",
        *(f"{k}={v}" for k, v in fax.items()),
    ]
    changed = with_options("\n".join(rows) + "\n", "desk", options)
    if changed is None:
        assert any(isinstance(value, str) and not value.isprintable() for value in options.values())
    else:
        assert tomllib.loads(changed) == {"lines": {"desk": {**desk, **options}, "fax": fax}}
