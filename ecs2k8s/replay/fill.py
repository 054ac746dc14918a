"""Fills an account by API calls with what the documents of a sample describe, as far as it takes them.

An emulator gives ids of its own, so the ids of the documents are replaced in every later call by those it gave.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.kinds import kinds
from ecs2k8s.replay.answers import Estate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecs2k8s.core.documents import Document

Item = dict[str, Any]
Client = Callable[[str], Any]


@dataclass(slots=True)
class Ids:
    """What each id of the documents is called in the account that was filled."""

    there: dict[str, str] = field(default_factory=dict)

    def add(self, ours: Any, its: Any) -> None:
        if isinstance(ours, str) and isinstance(its, str) and ours and its and ours != its:
            self.there[ours] = its

    def to_theirs(self, value: Any) -> Any:
        return renamed(value, self.there)

    def to_ours(self, value: Any) -> Any:
        return renamed(value, {its: ours for ours, its in self.there.items()})


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """A write that the account did not take."""

    call: str
    code: str


@dataclass(slots=True)
class Filling:
    """One account while it is being filled."""

    client: Client
    documents: Estate
    ids: Ids = field(default_factory=Ids)
    refused: list[Refused] = field(default_factory=list)

    def send(self, call: str, parameters: Item) -> Item:
        """The answer to a call, of which only what the operation knows is sent; empty where it is refused."""
        from botocore import xform_name  # noqa: PLC0415 (only where an account is filled)
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        service, _, operation = call.partition(".")
        client = self.client(service)
        shape = client.meta.service_model.operation_model(operation).input_shape
        sent = self.ids.to_theirs(known_to(shape, parameters))
        try:
            answer: Item = getattr(client, xform_name(operation))(**sent)
        except ClientError as error:
            self.refused.append(Refused(call, str(error.response["Error"]["Code"])))
            return {}
        except (BotoCoreError, ResponseParserError) as error:
            self.refused.append(Refused(call, type(error).__name__))
            return {}
        return answer

    def learn(self, shape: str, ours: Item, its: Item, *more: str) -> None:
        """The ids of what was made: those that its kind is known by, and *more*."""
        kind = kinds()[shape]
        for name in (kind.arn, *kind.names, *more):
            self.ids.add(ours.get(name), its.get(name))

    def of(self, shape: str) -> list[Item]:
        return self.documents.all(shape)

    def first(self, shape: str, **members: Any) -> Item:
        """The document with these members, or an empty one."""
        return next(iter(self.documents.where(shape, **members)), {})


Write = Callable[[Filling, Item], None]


def fill(documents: Iterable[Document], account: str, client: Client) -> Filling:
    """The account that *client* leads to, filled. Nothing is raised for what it does not take."""
    from ecs2k8s.replay.writes import WRITES  # noqa: PLC0415 (which needs this module)

    filling = Filling(client, Estate.of(documents, account))
    for shape, write in WRITES:
        for data in filling.of(shape):
            write(filling, data)
    return filling


def made(shape: str, call: str, key: str = "", but: tuple[str, ...] = (), **names: str) -> Write:
    """A write with the members of the document, and its members under other names (new=old).

    *key*: where the answer has what was made; *but*: members that are not sent.
    """

    def write(filling: Filling, data: Item) -> None:
        given = {name: value for name, value in data.items() if name not in but}
        given |= {name: data[member] for name, member in names.items() if member in data}
        answer = filling.send(call, given)
        found = answer.get(key, {}) if key else answer
        filling.learn(shape, data, found[0] if isinstance(found, list) else found)

    return write


def known_to(shape: Any, value: Any) -> Any:
    """*value* without the members that botocore's input *shape* lacks."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: known_to(shape.members[name], child) for name, child in value.items() if name in shape.members}
    if shape.type_name == "list" and isinstance(value, list):
        return [known_to(shape.member, child) for child in value]
    return value


def renamed(value: Any, names: dict[str, str]) -> Any:
    """*value* with every whole name of *names* in its texts replaced: `sg-1` is not part of `sg-12`."""
    if not names:
        return value
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])")
    return _walked(value, lambda text: pattern.sub(lambda found: names[found[0]], text))


def _walked(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _walked(child, change) for key, child in value.items()}
    return [_walked(child, change) for child in value] if isinstance(value, list) else value
