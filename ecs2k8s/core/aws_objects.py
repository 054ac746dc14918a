"""Objects on the AWS side, as values: new ones for one CloudFormation template, changed ones as two documents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.names import digest

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class AwsResource:
    """A new object, as CloudFormation wants it, in plain dicts and lists.

    `logical_id`: letters and digits, unique in the template; `logical_id()` makes one. Text in `properties` stays text:
    only maps with a single key such as `Ref` or `Fn::Sub` are functions of CloudFormation.
    """

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


def logical_id(*names: str) -> str:
    """A logical id that is a function of *names*: their letters and digits, and a hash that keeps ids apart.

    CloudFormation takes letters and digits only, 255 at most.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
    """
    words = (word for name in names for word in re.split(r"[^A-Za-z0-9]+", name) if word)
    text = "".join(word[0].upper() + word[1:] for word in words)
    return f"{text[:120]}{digest(chr(0).join(names), 6)}"
