"""Objects on the AWS side, as values: new ones for one CloudFormation template, changed ones as two documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class AwsResource:
    """A new object, as CloudFormation wants it. `logical_id`: letters and digits, unique in the template."""

    logical_id: str
    type: str  # AWS::IAM::Role, ...
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AwsChange:
    """A document that exists and must become another, such as the trust of a role.

    `name` is that of its folder below aws/ (a DNS name of our own making, never text of AWS). `command` and `back` are
    whole lines of a POSIX shell, run in that folder, where old.json and new.json lie.
    """

    name: str
    subject: str
    title: str
    why: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    command: str
    back: str
