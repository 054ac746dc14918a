"""Finds mappings/ in the wheel or in the checkout, and reads its YAML strictly."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import yaml

from ecs2k8s.core.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Iterator


Row = TypeVar("Row")


@cache
def root() -> Path:
    """The folder `mappings`: inside the installed package, else beside it in a checkout."""
    package = Path(str(files("ecs2k8s")))
    for place in (package / "mappings", package.parent / "mappings"):
        if place.is_dir():
            return place
    raise MappingError(f"mappings/ is neither in {package} nor beside it: reinstall ecs2k8s")


def tables() -> Iterator[str]:
    """The names of all field tables, relative to mappings/, sorted."""
    return iter(
        sorted(str(path.relative_to(root())) for path in root().glob("*/*.yaml") if path.parent.name != "schemas")
    )


MOST_NODES = 1_000_000  # of one document, each alias as what it stands for


class StrictLoader(yaml.CSafeLoader):
    """CSafeLoader that refuses a key that stands twice (PyYAML keeps the last one silently), and too many aliases."""

    def construct_document(self, node: yaml.Node) -> Any:
        try:
            _check_size(node, {})
        except RecursionError as error:
            raise MappingError("is nested too deeply") from error
        return super().construct_document(node)


def _check_size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """How many nodes a node holds; 0 stands in *sizes* as long as that is not known."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    line = f"line {node.start_mark.line + 1}"
    if id(node) in sizes:
        if not sizes[id(node)]:
            raise MappingError(f"{line}: holds itself")
        return sizes[id(node)]
    sizes[id(node)] = 0
    inner = (each for pair in node.value for each in (pair if isinstance(pair, tuple) else (pair,)))
    size = 1 + sum(_check_size(each, sizes) for each in inner)
    if size > MOST_NODES:
        raise MappingError(f"{line}: holds more than {MOST_NODES:,} values")
    sizes[id(node)] = size
    return size


def _map(loader: StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = loader.construct_pairs(node, deep=True)
    try:
        seen = dict(pairs)
    except TypeError as error:  # a list or a map as a key
        raise MappingError(f"line {node.start_mark.line + 1}: a key that is no plain word") from error
    if len(seen) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise MappingError(f"line {node.start_mark.line + 1}: key {twice!r} stands twice")
    return seen


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _map)


def load_yaml(name: str) -> Any:
    """The decoded file mappings/*name*."""
    try:
        return yaml.load((root() / name).read_bytes(), StrictLoader)  # noqa: S506
    except (MappingError, yaml.YAMLError) as error:
        raise MappingError(f"{name}: {error}") from error


def rows(name: str, kind: type[Row], part: str = "") -> dict[str, Row]:
    """The rows of mappings/*name*, or below its key *part*. Raises `MappingError` naming the row that is wrong."""
    found: dict[str, Row] = {}
    for key, row in (load_yaml(name)[part] if part else load_yaml(name)).items():
        try:
            found[key] = msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            raise MappingError(f"{name}: {key}: {error}") from error
    return found
