"""Recording views: which leaves of a document were read, and what was said about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecs2k8s.core.documents import Document
    from ecs2k8s.core.paths import Path

Args = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Trace:
    """What happened to one document, over all workloads that read it."""

    reads: set[Path] = field(default_factory=set)
    notes: dict[Path, list[tuple[str, Args]]] = field(default_factory=dict)
    skipped: tuple[str, Args] | None = None  # the whole document was left out: slug and arguments

    def note(self, path: Path, slug: str, args: Args) -> None:
        said = self.notes.setdefault(path, [])
        if (slug, args) not in said:
            said.append((slug, args))


class View(Mapping[str, Any]):
    """A read-only map of a document that records each leaf that is read.

    A null is absence. Nested maps come out as views, lists as lists of them. Asking `in` or for truth is no read.
    It is no `dict`, so json and yaml refuse it: a raw AWS document cannot slip into a manifest.
    """

    __slots__ = ("_data", "path", "trace")
    __eq__ = object.__eq__  # a view is the place it stands for; comparing contents would read nothing and say nothing
    __hash__ = object.__hash__

    def __init__(self, data: dict[str, Any], trace: Trace, path: Path = ()) -> None:
        self._data = data
        self.trace = trace
        self.path = path

    def __getitem__(self, key: str) -> Any:
        value = self._data[key]
        if value is None:
            raise KeyError(key)
        return self._read(key, value)

    def _read(self, key: str, value: Any) -> Any:
        path = (*self.path, key)
        if value.__class__ is dict:
            if not value:
                self.trace.reads.add(path)
            return self.__class__(value, self.trace, path)
        if value.__class__ is list:
            return self._items(value, path)
        self.trace.reads.add(path)
        return value

    def _items(self, values: list[Any], path: Path) -> list[Any]:
        if not values:
            self.trace.reads.add(path)
        out: list[Any] = []
        for index, value in enumerate(values):
            if isinstance(value, dict):
                out.append(self.__class__(value, self.trace, (*path, index)))
            elif isinstance(value, list):
                out.append(self._items(value, (*path, index)))
            else:
                self.trace.reads.add((*path, index))
                out.append(value)
        return out

    def get(self, key: str, default: Any = None) -> Any:
        value = self._data.get(key)
        return default if value is None else self._read(key, value)

    def at(self, below: Path) -> Path:
        """The path in the document of what lies *below* this view."""
        return (*self.path, *below)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._data.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return (key for key, value in self._data.items() if value is not None)

    def __len__(self) -> int:
        return sum(value is not None for value in self._data.values())

    def __repr__(self) -> str:
        return f"View({self._data!r})"


def track(document: Document) -> View:
    """The document behind a recording view with a trace of its own."""
    return View(document.data, Trace())


def unwrapped(value: Any) -> Any:
    """*value* as dicts and lists of its own; every leaf of it counts as read."""
    if isinstance(value, Mapping):
        return {key: unwrapped(value[key]) for key in value}
    return [unwrapped(item) for item in value] if isinstance(value, list) else value


NOTHING: Mapping[str, Any] = View({}, Trace())  # what is not there


def note(view: Mapping[str, Any], key: str | tuple[str | int, ...], slug: str, /, **args: object) -> None:
    """Say *slug* about the leaf *key* of *view* (a key, or a path below the view). On a plain dict it says nothing."""
    if isinstance(view, View):
        below = (key,) if isinstance(key, str) else key
        path = view.at(below) if key else view.path
        view.trace.note(path, slug, tuple(sorted((name, str(value)) for name, value in args.items())))
