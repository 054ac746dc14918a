"""Writes a changed value into a YAML text that people formatted, and touches nothing but what changed.

Comments, key order, quotes, indentation and anchors of all else stay byte for byte, which no dumper of a whole document
keeps. Whoever calls reads the result again: what cannot be written here comes out wrong or raises `Unpatchable`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from ecs2k8s.compare.list_keys import Place
from ecs2k8s.compare.three_way import same
from ecs2k8s.render.dump import ManifestDumper, dump

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class Unpatchable(Exception):  # noqa: N818 (it is no error: the file then stays as it is)
    """The text is written in a way that a change cannot be put into."""


def patched(text: str, have: Sequence[Any], want: Sequence[Any]) -> str:
    """*text*, whose documents are *have*, changed so that they are *want*. Raises `Unpatchable`."""
    nodes = [node for node in yaml.compose_all(text, yaml.CSafeLoader) if not _is_nothing(node)]
    if not len(nodes) == len(have) == len(want):
        raise Unpatchable("documents were added or removed")
    patch = _Patch(text if text.endswith("\n") or not text else f"{text}\n")
    for node, before, after in zip(nodes, have, want, strict=True):
        if type(before) is not type(after):
            raise Unpatchable("a document became another kind of value")
        patch.change(node, before, after, Place.of(after), 0)
    return patch.applied()


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


@dataclass(slots=True)
class _Patch:
    text: str
    found: list[tuple[int, bool, int, int, int, str]] = field(default_factory=list)

    def put(self, start: int, end: int, text: str, depth: int) -> None:
        # Of what is inserted at one place the deepest stands first: it belongs to what ends there.
        self.found.append((start, end > start, -depth, len(self.found), end, text))

    def applied(self) -> str:
        parts, at = [], 0
        for start, _, _, _, end, text in sorted(self.found):
            if start < at:
                raise Unpatchable("changes overlap")
            parts += [self.text[at:start], text]
            at = end
        return "".join((*parts, self.text[at:]))

    def change(self, node: yaml.Node, have: Any, want: Any, place: Place, depth: int) -> None:
        """Only for collections of one kind."""
        if same(have, want):
            return
        if not isinstance(node, yaml.CollectionNode) or node.flow_style:
            self.change_flow(node, have, want, depth)
        elif isinstance(node, yaml.MappingNode) and isinstance(have, dict):
            self.change_map(node, have, want, place, depth)
        elif isinstance(node, yaml.SequenceNode) and isinstance(have, list):
            self.change_list(node, have, want, place, depth)

    def change_flow(self, node: yaml.Node, have: Any, want: Any, depth: int) -> None:
        """In JSON, and in what is written as JSON: the smallest value that holds the change is written anew."""
        pairs: list[tuple[yaml.Node, Any, Any]] = []
        if isinstance(node, yaml.MappingNode) and isinstance(want, dict) and list(have) == list(want):
            pairs = [(value, have[key.value], want[key.value]) for key, value in node.value if key.value in have]
        elif isinstance(node, yaml.SequenceNode) and isinstance(want, list) and len(have) == len(want):
            pairs = list(zip(node.value, have, want, strict=True))
        for child, before, after in pairs:
            if not same(before, after):
                self.change_flow(child, before, after, depth + 1)
        if not pairs:
            start, end = node.start_mark, node.end_mark
            text = _flow(want, None if start.line == end.line else self.column(node))
            self.put(start.index, end.index, text, depth)

    def change_map(
        self, node: yaml.MappingNode, have: dict[str, Any], want: dict[str, Any], place: Place, depth: int
    ) -> None:
        pairs = {key.value: (key, value) for key, value in node.value}
        if not want.keys() & pairs.keys():
            raise Unpatchable("no key of a map stays")
        for name, (key, value) in pairs.items():
            if name not in have:
                continue  # a merge key
            if name not in want:
                self.cut(key.start_mark.index, self.end(value, key.end_mark.index), depth)
            elif not same(have[name], want[name]):
                self.change_pair((key, value), have[name], want[name], place.below(name), depth)
        column = node.start_mark.column
        last: yaml.Node | None = None
        for name, value in want.items():
            if name in pairs:
                last = pairs[name][1]
            elif name not in have or not same(have[name], value):
                near = last or next(pairs[key][1] for key in pairs if key in want)
                at = self.line_end(self.end(near, 0))
                self.put(at, at, _indented(block({name: value}), column), depth)

    def change_pair(self, pair: tuple[yaml.Node, yaml.Node], have: Any, want: Any, place: Place, depth: int) -> None:
        key, value = pair
        end = self.end(value, key.end_mark.index)
        if type(have) is type(want) and isinstance(want, dict | list) and want and have:
            done = len(self.found)
            try:
                self.change(value, have, want, place, depth + 1)
            except Unpatchable:
                del self.found[done:]
            else:
                return
        if _is_inline(value) and (scalar := _scalar(want)) is not None:
            self.put(value.start_mark.index, end, scalar, depth)
            return
        text = _indented(block({key.value: want}), key.start_mark.column)
        self.put(key.start_mark.index, self.line_end(end), text.lstrip(" "), depth)

    def change_list(self, node: yaml.SequenceNode, have: list[Any], want: list[Any], place: Place, depth: int) -> None:
        """Items stay where they are, as far as they can be told apart."""
        had, wanted = _named(place, have), _named(place, want)
        if place.keyed(have) is None and len(have) == len(want) and had.keys() != wanted.keys():
            for item, before, after in zip(node.value, have, want, strict=True):
                self.change_item(item, before, after, place, depth)
            return
        common = [key for key in had if key in wanted]
        if not common:
            raise Unpatchable("no item of a list stays")
        nodes = dict(zip(had, node.value, strict=True))
        if common != [key for key in wanted if key in had]:
            self.reorder(node, nodes, had, wanted, depth)
            return
        for key, item in nodes.items():
            if key not in wanted:
                self.cut(self.dash(item), self.end(item, item.start_mark.index), depth)
            elif not same(had[key], wanted[key]):
                self.change(item, had[key], wanted[key], place, depth + 1)
        at = self.line_start(self.dash(node.value[0]))
        for key, value in wanted.items():
            if key in nodes:
                at = self.line_end(self.end(nodes[key], 0))
            else:
                self.put(at, at, self.item(node, value), depth)

    def change_item(self, item: yaml.Node, have: Any, want: Any, place: Place, depth: int) -> None:
        scalar = _scalar(want)
        if _is_inline(item) and scalar is not None and not same(have, want):
            self.put(item.start_mark.index, self.end(item, item.start_mark.index), scalar, depth)
        elif type(have) is type(want):
            self.change(item, have, want, place, depth + 1)
        else:
            raise Unpatchable("an item of a list became another kind of value")

    def reorder(
        self,
        node: yaml.SequenceNode,
        nodes: dict[Hashable, yaml.Node],
        had: dict[Hashable, Any],
        wanted: dict[Hashable, Any],
        depth: int,
    ) -> None:
        """The lines of each item with the comments above it, in the new order; changed items are written anew."""
        starts = [self.line_start(self.dash(item)) for item in nodes.values()]
        ends = [self.line_end(self.end(item, item.start_mark.index)) for item in nodes.values()]
        whole = dict(zip(nodes, (self.text[a:b] for a, b in zip([starts[0], *ends], ends, strict=False)), strict=True))
        kept = {key: whole[key] for key in whole if key in wanted and same(had[key], wanted[key])}
        parts = [kept.get(key) or self.item(node, value) for key, value in wanted.items()]
        self.put(starts[0], ends[-1], "".join(parts), depth)

    def item(self, node: yaml.SequenceNode, value: Any) -> str:
        return _indented(block([value]), self.column_at(self.dash(node.value[0])))

    def cut(self, start: int, end: int, depth: int) -> None:
        """Remove whole lines; what shares its line with the dash of an item cannot be cut out alone."""
        first = self.line_start(start)
        if self.text[first:start].strip():
            raise Unpatchable("what is to go stands behind something on its line")
        self.put(first, self.line_end(end), "", depth)

    def dash(self, item: yaml.Node) -> int:
        """Where the `-` of an item is, which stands first on its line."""
        at = self.text.rfind("-", 0, item.start_mark.index)
        if at < 0 or self.text[self.line_start(at) : at].strip() or self.text[at + 1 : item.start_mark.index].strip():
            raise Unpatchable("an item of a list does not begin a line")
        return at

    def end(self, node: yaml.Node, least: int) -> int:
        """Behind the last character of a value; libyaml ends a block collection at what follows it."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            last = node.value[-1]
            key, value = last if isinstance(last, tuple) else (last, last)
            return max(least, self.end(value, key.start_mark.index))
        if node.start_mark.index < least:
            return least  # an alias: its node is where the anchor is
        return int(max(least, node.end_mark.index))

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """The start of the next line; of a block scalar the index is that already."""
        if index and self.text[index - 1] == "\n":
            return index
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found + 1

    def column(self, node: yaml.Node) -> int:
        """The indentation of the line that *node* begins on."""
        line = self.text[self.line_start(node.start_mark.index) :]
        return len(line) - len(line.lstrip(" "))

    def column_at(self, index: int) -> int:
        return index - self.line_start(index)


def _named(place: Place, items: list[Any]) -> dict[Hashable, Any]:
    """Items by their key, else by their value and how often it stood before."""
    found = place.keyed(items)
    if found is not None:
        return found
    named: dict[Hashable, Any] = {}
    for item in items:
        text, count = json.dumps(item, sort_keys=True, default=str), 0
        while (text, count) in named:
            count += 1
        named[text, count] = item
    return named


def _is_inline(node: yaml.Node) -> bool:
    """Whether a scalar stands on the line of its key, with something to replace."""
    return (
        isinstance(node, yaml.ScalarNode)
        and node.style not in ("|", ">")
        and node.start_mark.line == node.end_mark.line
        and node.end_mark.index > node.start_mark.index
    )


def _scalar(value: Any) -> str | None:
    """A scalar on one line; None where *value* is none."""
    if isinstance(value, dict | list) and value:
        return None
    text = block({"k": value})[3:-1]
    return None if "\n" in text else text


def block(value: Any) -> str:
    """Block style as the generated files have it, of a map or a list."""
    if isinstance(value, dict):
        try:
            return dump(value)
        except TypeError:  # null, which only workflows have
            return yaml.dump(value, Dumper=ManifestDumper, sort_keys=False, width=10**9)
    text = block({"k": value})
    return text.split("\n", 1)[1]


def _indented(text: str, column: int) -> str:
    return "".join(" " * column + line if line.strip("\n") else line for line in text.splitlines(keepends=True))


def _flow(value: Any, column: int | None) -> str:
    """JSON, which is YAML too: on one line, or with the lines behind the first at *column*."""
    if column is None or not isinstance(value, dict | list) or not value:
        return json.dumps(value)
    return json.dumps(value, indent=2).replace("\n", "\n" + " " * column)
