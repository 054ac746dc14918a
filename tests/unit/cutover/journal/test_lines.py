"""A line of a journal, and what reading finds wrong with a file of them."""

from __future__ import annotations

import json
import os
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.escape import HIDDEN
from ecs2k8s.cutover.journal import events, lines
from ecs2k8s.cutover.journal.events import EVENTS, AnyEvent, Event, JournalError
from ecs2k8s.cutover.journal.file import Journal
from ecs2k8s.cutover.journal.fold import fold
from ecs2k8s.cutover.journal.lines import Head, decode, encode, is_sound
from ecs2k8s.cutover.journal.read import FILE, parse, read
from tests.claims import PROCESSES
from tests.journals import RULE, RUN, StillClock, begun, plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.figures import Figure

SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ANY_JSON = st.recursive(SCALAR, lambda child: st.lists(child) | st.dictionaries(st.text(), child), max_leaves=20)
HEADS = st.builds(
    Head,
    seq=st.integers(1),
    prev_sha256=st.text(),
    ts_wall=st.floats(allow_nan=False, allow_infinity=False),
    ts_mono=st.floats(allow_nan=False, allow_infinity=False),
    run=st.text(),
    plan=st.text(),
)


@given(HEADS, ANY_JSON)
def test_a_line_gives_back_what_was_written_and_is_one_line_of_visible_ascii(head: Head, state: Any) -> None:
    raw = encode(head, {"step": "s", "ev": "verified", "thing": {"kind": "k", "id": "i"}, "state": state, "sha256": ""})
    assert raw.isascii()
    assert not HIDDEN.search(raw.decode())
    assert is_sound(raw)
    line = decode(raw)
    assert line.head == head
    assert isinstance(line.event, events.Verified)
    assert line.event.state == state
    assert [found.start() for found in lines.START.finditer(raw)] == [0]


@given(st.text())
def test_text_of_any_kind_goes_through_a_file(text: str) -> None:
    """In the manner of a file: without one, since hundreds of syncs take their time."""
    body = {"step": "", "ev": "note", "text": text}
    assert decode(encode(Head(1, "", 0.0, 0.0, RUN, ""), body)).event == events.Note(text=text)


def test_every_event_has_a_type_and_no_field_of_it_hides_one_of_the_line() -> None:
    kinds: tuple[type[Event], ...] = AnyEvent.__args__
    assert tuple(str(kind.__struct_config__.tag) for kind in kinds) == EVENTS
    for kind in kinds:
        assert not {*kind.__struct_encode_fields__} & {*Head.__struct_fields__, "ev"}


@pytest.mark.parametrize(
    "raw", [b"", b"nothing", b'00000000 {"seq":1}', b'zzzzzzzz {"seq":1}', b'00000000 {"seq":', b"\xff" * 50]
)
def test_a_line_that_was_not_written_to_its_end_is_not_sound(raw: bytes) -> None:
    assert not is_sound(raw)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"ev": "intention"}, "there is no event 'intention'"),
        ({"ev": "note", "step": "", "text": "a", "more": 1}, "unknown field `more`"),
        ({}, "there is no event ''"),
    ],
)
def test_a_sound_line_that_says_nothing_known_is_refused(body: dict[str, Any], said: str) -> None:
    with pytest.raises(JournalError, match=said):
        decode(encode(Head(1, "", 0.0, 0.0, RUN, ""), body))


def sound(text: bytes) -> bytes:
    return b"%08x %b" % (zlib.crc32(text), text)


@pytest.mark.parametrize("text", [b'{"seq":' + b"[" * 100_000, b'{"seq":1} more', b'{"seq":true}', b'{"seq":"1"}'])
def test_a_sound_line_that_is_no_json_of_ours_is_refused(text: bytes) -> None:
    with pytest.raises(JournalError, match="is no line of a journal"):
        decode(sound(text))


@pytest.fixture
def written(tmp_path: Path) -> bytes:
    """A journal of a few lines."""
    with begun(tmp_path) as journal:
        journal.append("transition", step="p6-1", **{"from": "pending", "to": "ready"})
        journal.append(events.intent("p6-1", 0, plan().steps[0].moves[0]))
        journal.append("result", step="p6-1", outcome="answered", request_id="1")
        journal.append(events.verified("p6-1", RULE, {"ecs": 99, "eks": 1, "text": '0123abcd {"seq":7'}))
    return (tmp_path / FILE).read_bytes()


def test_a_file_cut_off_anywhere_gives_the_whole_lines_before_or_is_refused(written: bytes) -> None:
    whole = parse(written, "j").lines
    assert len(whole) == 5
    for at in range(len(written)):
        ends = written[:at].count(b"\n")
        if not ends:
            with pytest.raises(JournalError, match="j:1: is no whole line"):
                parse(written[:at], "j")
            continue
        found = parse(written[:at], "j")
        assert found.lines == whole[:ends]
        assert written[:at].endswith(found.tail)


def test_a_byte_changed_anywhere_is_found(written: bytes) -> None:
    """In a line that has one after it the file is refused; the last one may be what an interrupted write left."""
    whole = parse(written, "j").lines
    last = written.rindex(b"\n", 0, -1) + 1
    for at in range(len(written)):
        for flip in (1, 0x20, 0x80):
            changed = bytearray(written)
            changed[at] ^= flip
            try:
                found = parse(bytes(changed), "j")
            except JournalError as error:
                assert str(error).startswith("j:")  # noqa: PT017 (whichever it is)
                continue
            assert at >= last - 1
            assert found.tail
            assert found.lines == whole[: len(found.lines)]


def test_a_damaged_line_is_named_by_its_number(written: bytes) -> None:
    changed = written.replace(b'"outcome":"answered"', b'"outcome":"anzwered"')
    with pytest.raises(JournalError, match=r"^j:4: is damaged, and lines come after it"):
        parse(changed, "j")


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ((0, 1, 3, 4), "j:3: does not follow the line before it"),
        ((0, 2, 1, 3, 4), "j:2: does not follow the line before it"),
        ((0, 1, 1, 2), "j:3: does not follow the line before it"),
        ((0, 0), "j:2: does not follow the line before it"),
        ((1, 2), "j:1: does not begin a run"),
    ],
)
def test_lines_left_out_moved_or_repeated_are_found(written: bytes, order: tuple[int, ...], said: str) -> None:
    each = written.splitlines(keepends=True)
    with pytest.raises(JournalError, match=said):
        parse(b"".join(each[at] for at in order), "j")


def chained(*changes: dict[str, Any]) -> bytes:
    """Lines with sound checksums and a chain, each a note but for *changes*."""
    data, before = b"", "p"
    start = {"ev": "run_start", "format": events.FORMAT, "version": "", "unit": "", "mode": "guided", "who": ""}
    for at, change in enumerate(changes):
        body = {"step": ""} | (start if not at else {"ev": "note", "text": ""})
        value = (
            {"seq": at + 1, "prev_sha256": before, "ts_wall": 0.0, "ts_mono": 0.0, "run": "r", "plan": "p"}
            | body
            | change
        )
        raw = sound(json.dumps(value, separators=(",", ":")).encode())
        before = lines.digest(raw)
        data += raw + b"\n"
    return data


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (({}, {"run": "other"}), "j:2: is of another run"),
        (({}, {"plan": "q"}), "j:2: is of another run"),
        (({}, {"seq": 3}), "j:2: does not follow"),
        (({"seq": 2}, {}), "j:1: does not begin a run"),
        (({"prev_sha256": "q"}, {}), "j:1: does not begin a run"),
        (({"format": "ecs2k8s/journal/v9"}, {}), "j:1: is of the format 'ecs2k8s/journal/v9'"),
        (
            ({}, {"ev": "run_start", "format": "", "version": "", "unit": "", "mode": "guided", "who": ""}),
            "j:2: the event 'run_start'",
        ),
    ],
)
def test_a_chain_that_somebody_made_up_has_to_tell_of_one_run(changes: tuple[dict[str, Any], ...], said: str) -> None:
    assert len(parse(chained({}, {}), "j").lines) == 2
    with pytest.raises(JournalError, match=said):
        parse(chained(*changes), "j")


def test_two_lines_at_the_end_are_more_than_an_interrupted_write_leaves(written: bytes) -> None:
    """The end of a synced line was changed, so that two lines look like one that is not whole."""
    at = written.rindex(b"\n", 0, -1)
    with pytest.raises(JournalError, match="j:4: is damaged, and lines come after it"):
        parse(written[:at] + b" " + written[at + 1 :], "j")


def test_no_journal_is_one_line_of_error(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"journal\.jsonl: No such file"):
        read(tmp_path)
    (tmp_path / FILE).write_bytes(b"")
    with pytest.raises(JournalError, match=r"journal\.jsonl:1: is no whole line"):
        Journal.open(tmp_path, StillClock())


class Memory:
    """A disk that does not take long."""

    write = staticmethod(os.write)

    def fsync(self, fd: int) -> None: ...


@pytest.mark.claim("R16", PROCESSES)
@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_hundred_thousand_lines_are_read_and_folded_in_five_seconds(
    count: int, tmp_path: Path, figure: Figure
) -> None:
    with begun(tmp_path, disk=Memory()) as journal:
        for at in range(count):
            journal.append(events.verified("p6-1", RULE, {"ecs": 99, "eks": 1, "at": at}))
    began = time.process_time()
    found = read(tmp_path)
    fold(found.lines)
    took = time.process_time() - began
    figure(lines=len(found.lines), seconds=took)
    assert len(found.lines) == count + 1
    assert took <= 5 * count / 100_000
