"""How a workload that serves several paths is split: the key `splits` of target.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ecs2k8s.core import names
from ecs2k8s.core.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 30  # characters in the name of a part: it stands behind the name of its workload
KEYS = "expected NAMESPACE/WORKLOAD, as the report names it"


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many pods. What is not said is as the service has it; the bounds are those of its autoscaling."""

    replicas: int | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None

    def bounds(self, least: int, most: int) -> tuple[int, int]:
        """These in place of the service's *least* and *most*; where one is given, the other gives way to it."""
        if self.min_replicas is not None:
            least, most = self.min_replicas, max(self.min_replicas, most)
        if self.max_replicas is not None:
            least, most = min(self.max_replicas, least), self.max_replicas
        return least, most


class Part(Size, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """`paths`: values of path conditions. A listener rule goes to the part that has all of its own among them."""

    paths: list[str]


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`parts` by name. `rest` is what stays: the workload itself, for all that goes to no part."""

    by: Literal["path"]
    parts: dict[str, Part]
    rest: Size | None = None


def read_splits(value: object) -> dict[str, Split]:
    """The value of `splits`. Raises `TargetError` naming the keys that lead to what is wrong."""
    if not isinstance(value, Mapping):
        raise TargetError(f"splits: expected a map, found {type(value).__name__}")
    found = {str(key): _split(str(key), given) for key, given in value.items()}
    for key, split in found.items():
        for problem in _problems(key, split):
            raise TargetError(problem)
    return found


def _split(key: str, value: object) -> Split:
    """Part by part: errors of a whole map do not say which of its keys they are about."""
    if isinstance(value, Split):
        return value
    if not isinstance(value, Mapping):
        raise TargetError(f"splits: {key}: expected a map with by, parts and rest")
    parts = value.get("parts")
    if not isinstance(parts, Mapping):
        raise TargetError(f"splits: {key}: parts: expected a map of names to paths")
    made = {str(name): _converted(part, Part, f"splits: {key}: parts: {name}") for name, part in parts.items()}
    rest = value.get("rest")
    rest = None if rest is None else _converted(rest, Size, f"splits: {key}: rest")
    found: Split = _converted({**value, "parts": made, "rest": rest}, Split, f"splits: {key}")
    return found


def _converted(value: Any, kind: Any, at: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise TargetError(f"{at}: {error}; the keys are {', '.join(kind.__struct_fields__)}") from error


def _problems(key: str, split: Split) -> Iterator[str]:
    at = f"splits: {key}"
    space, _, workload = key.partition("/")
    if not (space == names.label(space) and workload == names.label(workload)):
        yield f"{at}: {KEYS}"
    if not split.parts:
        yield f"{at}: parts: expected at least one"
    owners: dict[str, str] = {}
    for name, part in split.parts.items():
        if names.label(name) != name or len(name) > LONGEST:
            yield f"{at}: parts: {name}: expected a DNS-1123 label of at most {LONGEST} characters"
        if not part.paths or not all(part.paths):
            yield f"{at}: parts: {name}: paths: expected values of path conditions"
        for path in part.paths:
            if owners.setdefault(path, name) != name:
                yield f"{at}: parts: {name}: paths: {path} belongs to {owners[path]} already"
        yield from _sizes(f"{at}: parts: {name}", part)
    yield from _sizes(f"{at}: rest", split.rest or Size())


def _sizes(at: str, size: Size) -> Iterator[str]:
    given = {key: getattr(size, key) for key in Size.__struct_fields__}
    for key, number in given.items():
        if number is not None and number < 0:
            yield f"{at}: {key}: expected 0 or more"
    least, most = size.min_replicas, size.max_replicas
    if least is not None and most is not None and least > most:
        yield f"{at}: min_replicas: is more than max_replicas"
