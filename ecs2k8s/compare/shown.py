"""A value as it may be shown where it is not compared: what the mask hides is dots, all else is as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.compare.canonical import called
from ecs2k8s.compare.changes import MASKED
from ecs2k8s.compare.masking import treatment

if TYPE_CHECKING:
    from ecs2k8s.compare.masking import Mask
    from ecs2k8s.compare.patterns import Names


@dataclass(frozen=True, slots=True)
class Shown:
    """Of objects of one kind."""

    kind: str
    mask: Mask

    def value(self, value: Any, names: Names, name: str = "") -> Any:
        """*value* at the place *names*; *name*: what stands beside it, as that of a variable does."""
        if isinstance(value, dict):
            beside = dict(called(value))
            return {key: self.value(child, (*names, str(key)), beside.get(key, "")) for key, child in value.items()}
        how = treatment(self.kind, names) or ("named" if name else None)
        if not isinstance(value, list):
            return self._scalar(value, self.mask.reason(value, how, name or "".join(names[-1:])))
        if how is not None or any(isinstance(item, dict | list) for item in value):
            return [self.value(item, names, name) for item in value]
        return [self._scalar(item, why) for item, why in zip(value, self.mask.reasons(value), strict=True)]

    def _scalar(self, value: Any, why: str) -> Any:
        return MASKED if why and value is not None else value
