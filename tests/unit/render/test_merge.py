"""No edit of people is lost, what changed in AWS arrives, and a conflict is where both changed the same differently."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.collect.yaml_text import yaml_values
from ecs2k8s.compare.list_keys import Place
from ecs2k8s.compare.three_way import ORDER
from ecs2k8s.render.merge import MergedFile, merge_file
from ecs2k8s.render.merge_lines import lines, merge_lines
from ecs2k8s.render.merge_yaml import comments
from tests.edited import changed, handled, leaves, orders, samples, text_of, values

SEEDS = st.integers(0, 2**48)


def triple(seed: int) -> tuple[str, str, str, list[str], str]:
    """Path, generated then, edited, the notes in it, and generated now."""
    random = Random(seed)
    path = random.choice(["small.yaml", random.choice(list(values()))])
    value = values()[path]
    mine = changed(value, random, "mine", random.randrange(4))
    ours = changed(value, random, "ours", random.randrange(4))
    edited = text_of(path, mine)
    notes: list[str] = []
    if not path.endswith(".json"):
        edited, notes = handled(edited, random)
    if random.random() < 0.1:
        edited = edited.replace("\n", "\r\n")
    return path, text_of(path, value), edited, notes, text_of(path, ours)


def value_of(text: str) -> Any:
    found = yaml_values(text)
    return found[0] if found else None


def conflicting(merged: MergedFile) -> list[str]:
    return [edit.path for edit in merged.edits if edit.is_conflict]


def check(seed: int) -> bool:
    """Whether the file could be merged; every promise about it is held against an own account of leaves."""
    path, then, edited, notes, now = triple(seed)
    merged = merge_file(path, then, edited.encode(), now)
    made = merged.data.decode()
    assert merged == merge_file(path, then, edited.encode(), now)
    if merged.base is None:
        assert merged.data == edited.encode()
        assert [edit.is_conflict for edit in merged.edits] == [True]
        assert merged.edits[0].because
        return False
    again = merge_file(path, merged.base, merged.data, now)
    assert (again.data, again.base) == (merged.data, merged.base)
    assert bool(conflicting(again)) == bool(conflicting(merged)), "a conflict is found again until somebody settles it"
    assert all(note in made for note in notes)
    assert ("\r\n" in edited) == ("\r\n" in made)
    read = [value_of(text) for text in (then, edited, now, made)]
    kind = Place.of(read[2], *read[:2]).kind
    before, mine, ours, got = (leaves(value, kind) for value in read)
    conflicts = [edit for edit in merged.edits if edit.is_conflict]
    for place in before.keys() | mine.keys() | ours.keys() | got.keys():
        sides = [each.get(place) for each in (before, mine, ours, got)]
        is_in_conflict = any(covers(edit.path, place) for edit in conflicts)
        if sides[0] != sides[1] and not is_emptied(place, mine, got):
            assert sides[3] == sides[1], f"the edit of {place} is lost"
        elif sides[0] == sides[1] and not is_in_conflict and not is_emptied(place, ours, got):
            assert sides[3] == sides[2], f"the change of {place} did not arrive"
        if sides[0] != sides[1] != sides[2] != sides[0] and all(sides[1:3]):
            assert is_in_conflict, f"{place} was changed differently, and no conflict says so"
    ordered = [orders(value, kind) for value in read]
    for place in set.intersection(*map(set, ordered)):
        common = set.intersection(*(set(each[place]) for each in ordered))
        was, mine_, ours_, is_ = ([key for key in each[place] if key in common] for each in ordered)
        in_conflict = any(covers(edit.path, place) for edit in conflicts)
        assert is_ == (mine_ if mine_ != was or in_conflict else ours_), f"the order of {place}"
    for edit in conflicts:
        held = [of(edit.path, each) for each in (before, mine, ours)]
        moved = [of(edit.path, each) for each in ordered[:3]]
        first, second, third = zip(held, moved, strict=True)
        assert first != second != third != first, f"{edit.path} is no conflict"
    return True


def covers(path: str, place: tuple[str, ...]) -> bool:
    """Whether a path of the report is that of the place or of what it stands in."""
    return any(shown(place[:length]) == path.removesuffix(ORDER) for length in range(len(place) + 1))


def shown(place: tuple[str, ...]) -> str:
    text = ""
    for step in place:
        quoted = f'["{step}"]' if not step.startswith("[") and ("." in step or "[" in step or not step) else step
        text += quoted if quoted.startswith("[") or not text else f".{quoted}"
    return text


def of(path: str, found: dict[tuple[str, ...], Any]) -> dict[tuple[str, ...], Any]:
    return {place: leaf for place, leaf in found.items() if covers(path, place)}


def is_emptied(place: tuple[str, ...], side: dict[tuple[str, ...], str], got: dict[tuple[str, ...], str]) -> bool:
    """`{}` and `[]` stand for what was taken out of them, and say nothing where something else is in them now."""
    if side.get(place) in ("{}", "[]"):
        return True
    return side.get(place) is None and got.get(place) in ("{}", "[]")


@pytest.mark.parametrize("hundred", range(10))
def test_no_edit_is_lost_and_every_change_arrives(hundred: int) -> None:
    merged = sum(check(seed) for seed in range(hundred * 100, hundred * 100 + 100))
    assert merged >= 85, "only a comment of people within what changed keeps a file from being merged"


@pytest.mark.long
@settings(max_examples=20_000)
@given(SEEDS)
def test_no_edit_of_twenty_thousand_is_lost(seed: int) -> None:
    check(seed)


@pytest.mark.parametrize("path", sorted(samples()))
def test_what_one_side_alone_changed_is_taken_byte_for_byte(path: str) -> None:
    text = samples()[path]
    other = f"{text}# mine\n" if path.endswith((".yaml", ".tpl")) else text.replace("e", "E", 1)
    mine = merge_file(path, text, other.encode(), text)
    assert (mine.data, mine.base) == (other.encode(), text)
    ours = merge_file(path, text, text.encode(), other)
    assert (ours.data, ours.base, ours.edits) == (other.encode(), other, ())
    both = merge_file(path, text, other.encode(), other)
    assert (both.data, both.base, both.edits) == (other.encode(), other, ())


def texts(seed: int) -> tuple[list[str], list[str], list[str]]:
    """Lines: then, edited and now; each side adds lines of its own, takes some out and changes some."""
    random = Random(seed)
    then = [random.choice(["same\n", f"line {number}\n"]) for number in range(random.randrange(30))]
    sides = []
    for mark in ("mine", "ours"):
        side = list(then)
        for number in range(random.randrange(5)):
            at = random.randrange(len(side) + 1)
            side[at : at + random.randrange(3)] = [f"{mark} {number}\n"] * random.randrange(3)
        sides.append(side)
    return then, sides[0], sides[1]


@pytest.mark.parametrize("hundred", range(10))
def test_lines_of_both_sides_are_in_a_merged_text(hundred: int) -> None:
    for seed in range(hundred * 100, hundred * 100 + 100):
        then, edited, now = texts(seed)
        merged = merge_lines("".join(then), "".join(edited), "".join(now))
        made = lines(merged.text)
        assert Counter(line for line in made if line.startswith("mine")) == Counter(
            line for line in edited if line.startswith("mine")
        )
        if merged.clean:
            assert merged.base == "".join(now)
            assert Counter(made) + Counter(then) == Counter(edited) + Counter(now)
        assert not Counter(line for line in made if line.startswith("ours")) - Counter(now)
        again = merge_lines(merged.base, merged.text, "".join(now))
        if (again.text, again.base) == (merged.text, merged.base):
            assert again.clean == merged.clean


def test_a_merge_by_lines_that_the_next_export_would_go_on_with_is_not_made() -> None:
    """The lines of the base face others than before, so a second merge would bring `c` once more."""
    then, edited, now = ("".join(f"{line}\n" for line in text) for text in ("bc", "aaabac", "aaabcc"))
    first = merge_lines(then, edited, now)
    assert not first.clean
    assert merge_lines(first.base, first.text, now).text != first.text
    merged = merge_file("x.tpl", then, edited.encode(), now)
    assert (merged.data, merged.base) == (edited.encode(), None)
    assert ["that the next export would leave alone" in edit.because for edit in merged.edits] == [True]


THEN = """\
kind: Pod
spec:
  replicas: 1
  containers:
  - name: web
    image: web:1
    args:
    - a
    env:
    - name: A
      value: '1'
"""
EDITED = """\
# Ours.
"kind":   Pod
spec:
    replicas: 1

    containers:
      # the only one
      - name: web
        image: "web:1"  # pinned
        env: [{name: A, value: '1'}]
        args:
          - a
"""
# What changes in THEN, and what that is in EDITED.
WRITTEN = {
    "a new key": (
        "  replicas: 1\n",
        "  replicas: 1\n  paused: true\n",
        "    replicas: 1\n",
        "    replicas: 1\n    paused: true\n",
    ),
    "another scalar, beside a comment": ("web:1", "web:2", '"web:1"  # pinned', "web:2  # pinned"),
    "a key less": ("  replicas: 1\n", "", "    replicas: 1\n", ""),
    "an item more": ("    - a\n", "    - a\n    - b\n", "          - a\n", "          - a\n          - b\n"),
    "no item": ("    args:\n    - a\n", "    args: []\n", "        args:\n          - a\n", "        args: []\n"),
    "within what stands on one line": ("'1'", "'2'", "'1'", '"2"'),
    "several lines": ("'1'", "|-\n        x\n        y", "[{name: A, value: '1'}]", '[{name: A, value: "x\\ny"}]'),
    "another container": (
        "",
        "  - name: b\n    image: b:1\n",
        "          - a\n",
        "          - a\n      - name: b\n        image: b:1\n",
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_change_is_written_into_what_people_formatted(name: str) -> None:
    old, new, mine, expected = WRITTEN[name]
    now = THEN.replace(old, new) if old else THEN + new
    merged = merge_file("x.yaml", THEN, EDITED.encode(), now)
    assert merged.data.decode() == EDITED.replace(mine, expected)
    assert (merged.base, merged.edits) == (now, ())


UNWRITTEN = {
    "an anchor that others use": THEN.replace("- a\n", "- &a a\n").replace("'1'", "*a"),
    "a comment in what goes": THEN.replace("    - a\n", "    # mine\n    - a\n"),
}


@pytest.mark.parametrize("name", UNWRITTEN)
def test_a_file_stays_where_a_change_would_take_something_of_people_with_it(name: str) -> None:
    edited = UNWRITTEN[name].encode()
    merged = merge_file("x.yaml", THEN, edited, THEN.replace("    args:\n    - a\n", ""))
    assert (merged.data, merged.base) == (edited, None)
    why = merged.edits[0].because
    assert "without touching what was written by hand" in why
    assert ("put elsewhere # mine" in why) is ("comment" in name)


def test_objects_of_a_file_are_told_apart_by_their_names() -> None:
    def of(name: str, value: str) -> str:
        return f"kind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  a: {value}\n"

    edited = f"{of('mine', 'x')}---\n{of('ours', 'x')}"
    merged = merge_file("x.yaml", of("ours", "x"), edited.encode(), of("ours", "y"))
    assert merged.data.decode() == f"{of('mine', 'x')}---\n{of('ours', 'y')}"


def test_a_template_of_a_chart_is_merged_by_lines() -> None:
    then = "a: 1\nb: {{ .x }}\nc: 1\nd: 1\n"
    merged = merge_file("m/templates/x.yaml", then, then.replace("a: 1", "a: 2").encode(), then.replace("d: 1", "d: 2"))
    assert merged.data.decode() == "a: 2\nb: {{ .x }}\nc: 1\nd: 2\n"


@pytest.mark.parametrize(("edited", "now"), [("yes", "'yes'"), ("0644", "420"), ("1", "1.0"), ("'1'", "1")])
def test_values_of_other_types_are_other_values(edited: str, now: str) -> None:
    merged = merge_file("x.yaml", "a: x\n", f"a: {edited}\n".encode(), f"a: {now}\n")
    assert merged.data.decode() == f"a: {edited}\n"
    assert [edit.is_conflict for edit in merged.edits] == [True] or edited == "yes"


def test_a_mark_of_comments_in_a_text_is_no_comment() -> None:
    text = "a: 'x # no'\nb: \"# no\"\nc: x#no\nd: |  # yes\n  # no\n# and yes\ne: [1]  # yes\n"
    assert comments(text) == Counter({"# yes": 2, "# and yes": 1})


OURS, MINE, CHANGED = (
    "[{name: a, value: '1'}]",
    "[{name: a, value: '1'}, {name: b, value: '2'}]",
    "[{name: a, value: '3'}]",
)


@pytest.mark.parametrize(
    ("head", "name", "is_keyed"),
    [
        ("kind: Pod\nspec: {containers: [{name: x, env: %s}]}\n", "spec.containers[x].env[b]", True),
        ("kind: Widget\nspec: {containers: [{name: x, env: %s}]}\n", "spec.containers", False),
        ("kind: Pod\nspec: {env: %s}\n", "spec.env", False),
        ("spec: {containers: [{name: x, env: %s}]}\n", "spec.containers", False),
    ],
)
def test_a_list_has_keys_by_its_kind_and_its_whole_path(head: str, name: str, is_keyed: bool) -> None:
    merged = merge_file("x.yaml", head % OURS, (head % MINE).encode(), head % CHANGED)
    assert [(edit.path, edit.is_conflict) for edit in merged.edits] == [(name, not is_keyed)]
    assert ("'3'" in merged.data.decode() or '"3"' in merged.data.decode()) is is_keyed


def test_an_order_is_not_taken_for_an_item_of_that_name() -> None:
    text = "kind: Pod\nspec:\n  containers:\n  - name: order\n    image: a\n  - name: x\n    image: b\n"
    edited = "kind: Pod\nspec:\n  containers:\n  - name: x\n    image: b\n  - name: order\n    image: mine\n"
    merged = merge_file("x.yaml", text, edited.encode(), text)
    assert [edit.path for edit in merged.edits] == ["spec.containers[order].image", "spec.containers (order)"]
