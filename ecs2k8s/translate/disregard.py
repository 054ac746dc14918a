"""Fields that fall away together, each said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.tracking import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.resolve.workload import AwsMap


def disregard(view: AwsMap, slug: str, *, but: tuple[str, ...] = (), **args: object) -> None:
    """Say *slug* about each leaf under *view*, except under the keys *but*."""
    if isinstance(view, View):
        said = tuple(sorted((name, str(value)) for name, value in args.items()))
        for key in view:
            if key not in but:
                for leaf in _leaf_paths(view[key], (*view.path, key)):
                    view.trace.note(leaf, slug, said)


def _leaf_paths(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, View) and len(value):
        for key in value:
            yield from _leaf_paths(value[key], (*path, key))
    elif isinstance(value, list) and value:
        for index, child in enumerate(value):
            yield from _leaf_paths(child, (*path, index))
    else:
        yield path
