"""What stops the translation of one workload; the others go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecs2k8s.resolve.workload import AwsMap


class Refusal(Exception):  # noqa: N818
    """The finding *slug* about the leaf *at* of *view*; nothing is emitted for the workload."""

    def __init__(self, slug: str, view: AwsMap, at: tuple[str | int, ...], /, **args: object) -> None:
        super().__init__(slug)
        self.slug = slug
        self.view = view
        self.at = at
        self.args_of_finding = args
