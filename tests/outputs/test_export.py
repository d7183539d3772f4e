"""All of a file or none of it."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import stat
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dutyphone.errors import OutputError
from dutyphone.outputs.columns import Profile
from dutyphone.outputs.export import Format
from dutyphone.store.readmodels import CallQuery

Export = Callable[..., Any]
EVERY_FORMAT = pytest.mark.parametrize("form", list(Format))


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@EVERY_FORMAT
def test_the_result_says_what_was_written(form: Format, export: Export, tmp_path: Path) -> None:
    result = export(form)
    assert (result.rows, result.blind_intervals) == (17, 2)
    assert result.sha256 == hashlib.sha256(result.path.read_bytes()).hexdigest()
    expected = {result.path.name} | ({result.companion.name} if result.companion else set())
    assert set(everything_in(tmp_path)) == expected
    assert (result.companion is not None) == (form is Format.CSV)


@EVERY_FORMAT
def test_the_same_export_twice_is_the_same_file(form: Format, export: Export, tmp_path: Path) -> None:
    first, second = export(form, path=tmp_path / "a"), export(form, path=tmp_path / "b")
    assert first.sha256 == second.sha256


@EVERY_FORMAT
def test_it_is_readable_by_those_the_umask_allows(form: Format, export: Export) -> None:
    umask = os.umask(0o027)
    try:
        assert stat.S_IMODE(export(form).path.stat().st_mode) == 0o640
    finally:
        os.umask(umask)


@EVERY_FORMAT
def test_a_store_that_breaks_leaves_what_was_there(
    form: Format,
    export: Export,
    source: Callable[..., Any],
    tmp_path: Path,
) -> None:
    path = tmp_path / "calls"
    path.write_bytes(b"of yesterday")
    broken = source(breaks_after=9)
    with pytest.raises(RuntimeError, match="the store broke"):
        export(form, source=broken, path=path)
    assert everything_in(tmp_path) == {"calls": b"of yesterday"}
    assert broken.open_queries == 0


@EVERY_FORMAT
def test_whoever_is_tired_of_waiting_leaves_no_trace(
    form: Format,
    export: Export,
    source: Callable[..., Any],
    tmp_path: Path,
    night: tuple[Any, ...],
) -> None:
    many = source(rows=night * 100)

    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(form, source=many, on_progress=interrupted)
    assert everything_in(tmp_path) == {}
    assert many.open_queries == 0


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """A disk with too little room, as far as one process can have one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@EVERY_FORMAT
@pytest.mark.parametrize("size", [100, 8_000, 60_000])
def test_a_full_disk_is_said_and_leaves_what_was_there(
    form: Format,
    size: int,
    export: Export,
    source: Callable[..., Any],
    tmp_path: Path,
    night: tuple[Any, ...],
) -> None:
    """X30: wherever it happens, in the rows, in a temporary file or when the archive is closed."""
    path = tmp_path / "calls"
    path.write_bytes(b"of yesterday")
    many = source(rows=night * 200)
    with files_no_larger_than(size), pytest.raises(OutputError, match="no room") as caught:
        export(form, source=many, path=path)
    assert "Make room" in caught.value.advice
    assert caught.value.evidence
    assert everything_in(tmp_path) == {"calls": b"of yesterday"}
    assert many.open_queries == 0


@pytest.mark.parametrize(
    ("mark", "program"), [(".~lock.calls.xlsx#", "LibreOffice"), ("~$calls.xlsx", "Excel"), (".~calls.xlsx", "WPS")]
)
def test_a_file_that_is_open_is_not_replaced(mark: str, program: str, export: Export, tmp_path: Path) -> None:
    (tmp_path / mark).touch()
    with pytest.raises(OutputError, match="open in another program") as caught:
        export(Format.XLSX)
    assert "Close it" in caught.value.advice
    assert set(everything_in(tmp_path)) == {mark}, program


def test_places_where_no_file_can_be(export: Export, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        export(Format.CSV, path=tmp_path / "nowhere" / "calls.csv")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="does not exist"):
        export(Format.CSV, path=tmp_path / "file" / "calls.csv")
    with pytest.raises(OutputError, match="is a folder"):
        export(Format.CSV, path=tmp_path)
    with pytest.raises(OutputError, match="not a name"):
        export(Format.CSV, path=tmp_path / ("长" * 200))


@contextmanager
def nobody_special() -> Iterator[None]:
    """Without the rights of root, who may write anywhere."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_in_which_one_may_not_write(export: Export, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    folder.chmod(0o500)
    with nobody_special(), pytest.raises(OutputError, match="cannot be written") as caught:
        export(Format.CSV, path=folder / "calls.csv")
    assert "choose a folder" in caught.value.advice
    folder.chmod(0o700)
    assert everything_in(folder) == {}


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "no room"),
        (errno.EDQUOT, "no room"),
        (errno.EROFS, "cannot be written"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_disk_says_becomes_a_sentence(number: int, sentence: str, export: Export) -> None:
    def failing(done: int, total: int) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(OutputError, match=sentence) as caught:
        export(Format.CSV, on_progress=failing)
    assert caught.value.advice
    assert caught.value.exit_code == 6


def test_progress_goes_up_to_the_end(export: Export, source: Callable[..., Any], night: tuple[Any, ...]) -> None:
    seen: list[tuple[int, int]] = []
    many = source(rows=night * 150)
    export(Format.JSONL, source=many, on_progress=lambda done, total: seen.append((done, total)))
    done = [calls for calls, _ in seen]
    assert done == sorted(done)
    assert len(set(done)) > 2
    assert {total for _, total in seen} == {2550}
    assert seen[-1] == (2550, 2550)


@pytest.mark.parametrize("miscounted_by", [-1000, 1000])
def test_progress_bears_calls_that_come_while_it_runs(
    miscounted_by: int, export: Export, source: Callable[..., Any], night: tuple[Any, ...]
) -> None:
    seen: list[tuple[int, int]] = []
    many = source(rows=night * 150, miscounted_by=miscounted_by)
    export(Format.JSONL, source=many, on_progress=lambda done, total: seen.append((done, total)))
    assert all(done <= total for done, total in seen)
    assert seen[-1] == (2550, 2550)


def test_blind_intervals_are_those_of_the_line_and_the_time_asked_for(export: Export, night: tuple[Any, ...]) -> None:
    assert export(Format.JSONL, query=CallQuery(line="desk")).blind_intervals == 1
    assert export(Format.JSONL, query=CallQuery(until_at=night[0].arrived_at)).blind_intervals == 0
    assert export(Format.JSONL, query=CallQuery(from_at=night[-1].arrived_at)).blind_intervals == 1, "the lasting one"


@EVERY_FORMAT
@pytest.mark.parametrize("profile", list(Profile))
def test_a_hidden_number_is_nowhere_in_the_file(
    form: Format,
    profile: Profile,
    export: Export,
    source: Callable[..., Any],
    make_call: Callable[..., Any],
) -> None:
    """S2-17, X18: not in its column, not in a note, not in a name."""
    calls = [
        make_call(1, 0, "13900001234", name="李主任 139-0000-1234", last_note="回 13900001234"),
        make_call(2, 1, "13900005678"),
        make_call(3, 2, identified=True, number_raw="x", digits="013900001234"),
    ]
    result = export(form, profile, source=source(rows=calls), hidden={"+8613900001234"})
    text = result.path.read_bytes()
    if form is Format.XLSX:
        with zipfile.ZipFile(result.path) as package:
            text = b"".join(package.read(name) for name in package.namelist())
    digits = text.translate(None, b" -")
    assert b"3900001234" not in digits
    assert b"1**********" in digits
    assert b"13900005678" in digits, "others are there"


def test_an_error_names_no_caller(export: Export, source: Callable[..., Any], make_call: Callable[..., Any]) -> None:
    """X18: what goes to a log of errors."""
    rows = [make_call(at, 0, "13900001234", name="李主任") for at in range(2000)]
    with files_no_larger_than(1000), pytest.raises(OutputError) as caught:
        export(Format.XLSX, source=source(rows=rows))
    said = f"{caught.value.message}{caught.value.advice}{caught.value.evidence}"
    assert "1390000" not in said
    assert "李主任" not in said


@pytest.mark.parametrize(("form", "few", "many"), [(Format.CSV, 2, 12), (Format.JSONL, 2, 12), (Format.XLSX, 1, 4)])
def test_memory_does_not_grow_with_the_calls(
    form: Format,
    few: int,
    many: int,
    export: Export,
    source: Callable[..., Any],
    night: tuple[Any, ...],
) -> None:
    """P7. `few` and `many` in thousands."""

    class Endless:
        def __init__(self, thousands: int) -> None:
            self.length = thousands * 1000

        def __len__(self) -> int:
            return self.length

        def __iter__(self) -> Iterator[Any]:
            for at in range(self.length):
                yield night[at % len(night)]

    def peak(thousands: int) -> int:
        tracemalloc.start()
        try:
            export(form, source=source(rows=Endless(thousands)))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)  # what is loaded once
    assert peak(many) < peak(few) + 300_000
