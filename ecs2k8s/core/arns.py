"""ARNs, read only as far as the structure of all of them goes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arn:
    """`arn:partition:service:region:account:resource`."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn | None:
        parts = text.split(":", 5)
        return cls(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" else None  # noqa: PLR2004

    @property
    def name(self) -> str:
        """The last segment of the resource: of a cluster, role or service its name."""
        return self.resource.rsplit("/", 1)[-1]


def last(text: str) -> str:
    """The name in *text*, which is an ARN or a name already."""
    arn = Arn.parse(text)
    return arn.name if arn else text
