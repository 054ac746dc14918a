"""Views of what EventBridge runs a task with, which read as ECS itself writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.paths import leaves
from ecs2k8s.core.tracking import Trace, View
from ecs2k8s.resolve.run_shapes import wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.core.paths import Path
    from ecs2k8s.core.tracking import Args


class AnyCase(View):
    """A view whose keys may begin with a capital: EventBridge has `Subnets` where ECS has `subnets`."""

    __slots__ = ()

    @classmethod
    def over(cls, view: View) -> AnyCase:
        """The same part of the same document."""
        return cls(view._data, view.trace, view.path)  # noqa: SLF001

    def say_of_all(self, slug: str) -> None:
        """Say *slug* of each leaf below."""
        for path, _ in leaves(self._data):
            self.trace.note((*self.path, *path), slug, ())

    def spelled(self, key: str) -> str:
        """*key* as the document has it."""
        others = (key[:1].upper() + key[1:], key[:1].lower() + key[1:])
        return next((name for name in (key, *others) if self._data.get(name) is not None), key)

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(self.spelled(key))

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(self.spelled(key), default)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(self.spelled(key))

    def at(self, below: Path) -> Path:
        inner: Any = self._data
        steps: list[str | int] = []
        for step in below:
            if isinstance(step, str) and isinstance(inner, dict):
                step = AnyCase(inner, self.trace).spelled(step)  # noqa: PLW2901
            steps.append(step)
            inner = _child(inner, step)
        return (*self.path, *steps)


class InText(Trace):
    """The trace of JSON that lies in a text: what is said of a part of it is said of the text, its one leaf."""

    def __init__(self, outer: Trace, path: Path) -> None:
        super().__init__()
        self.outer = outer
        self.place = path

    def note(self, path: Path, slug: str, args: Args) -> None:
        del path
        self.outer.note(self.place, slug, args)


class Request(AnyCase):
    """JSON in a text, as an object."""

    __slots__ = ()

    def differs(self, shape: Any) -> str:
        """Where it has not the types of *shape*; empty where it has."""
        return wrong(self._data, shape)

    def holds(self, text: str) -> bool:
        """Whether *text* stands in a value that no variable of the environment has."""
        return any(
            text in value for path, value in leaves(self._data) if isinstance(value, str) and path[-1] != "value"
        )

    def unread(self) -> list[str]:
        """What stands in the text and was not read, as dotted paths."""
        reads = self.trace.reads
        return [_dotted(path) for path, value in leaves(self._data) if value is not None and path not in reads]


def request(view: View, key: str) -> Request | None:
    """The object in the text *key* of *view*; None where the text holds none."""
    try:
        value = json.loads(str(view[key]))
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    return Request(value, InText(view.trace, view.at((key,))))


class Run(View):
    """What one run of a task is: the target that starts it, with *given* under the names of DescribeTasks."""

    __slots__ = ("given",)

    def __init__(self, target: View, given: Mapping[str, Any]) -> None:
        super().__init__({}, target.trace, target.path)
        self.given = {key: value for key, value in given.items() if value}

    def __getitem__(self, key: str) -> Any:
        return self.given[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self.given.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self.given

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) else None


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))
