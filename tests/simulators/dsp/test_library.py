"""Where libspandsp is, and what is said where it is not."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dutyphone_simulators.dsp import library
from dutyphone_simulators.dsp.library import SpandspMissing, SpandspObject, load_spandsp
from dutyphone_simulators.dsp.terminals import run_dsp_exchange

from dutyphone.errors import DutyphoneError


@pytest.fixture
def without_spandsp(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which no such library is installed."""
    load_spandsp.cache_clear()
    monkeypatch.setattr(library, "NAMES", ("libspandsp-that-is-not-there.so",))
    monkeypatch.setattr(library.ctypes.util, "find_library", lambda _name: None)
    yield
    load_spandsp.cache_clear()


def test_a_machine_without_the_library_is_told_what_to_install(without_spandsp: None, tmp_path: Path) -> None:
    told: list[str] = []
    with pytest.raises(SpandspMissing, match="libspandsp") as missing:
        run_dsp_exchange(links=tmp_path, report=told.append, stop=threading.Event())
    assert "apt install libspandsp2" in missing.value.advice
    assert "libspandsp-that-is-not-there.so" in missing.value.evidence
    assert told == []
    assert list(tmp_path.iterdir()) == []


def test_a_library_of_that_name_with_other_functions_is_not_taken(
    without_spandsp: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "NAMES", ("libc.so.6",))
    with pytest.raises(SpandspMissing) as missing:
        load_spandsp()
    assert "adsi_tx_init" in missing.value.evidence


def test_objects_of_the_library_are_freed_with_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    freed: list[int] = []
    monkeypatch.setattr(load_spandsp(), "dtmf_tx_free", freed.append)
    receiver = SpandspObject("dtmf_tx_init", "dtmf_tx_free")
    pointer = receiver.pointer
    assert freed == []
    del receiver
    gc.collect()
    assert freed == [pointer]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"modems": 0}, "0"),
        ({"modems": 99}, "99"),
        ({"country": "XX"}, "XX"),
        ({"speed": 0.0}, "0"),
        ({"speed": float("nan")}, "nan"),
        ({"personalities": ["usr-9999"]}, "usr-9999"),
        ({"scenario": "no-such-night"}, "no-such-night"),
    ],
)
def test_options_that_cannot_be_used_are_refused_before_anything_is_opened(
    options: dict[str, object], word: str, tmp_path: Path
) -> None:
    with pytest.raises(DutyphoneError, match=word) as refused:
        run_dsp_exchange(**options, links=tmp_path, report=lambda _: None, stop=threading.Event())  # type: ignore[arg-type]
    assert refused.value.advice
    assert list(tmp_path.iterdir()) == []
