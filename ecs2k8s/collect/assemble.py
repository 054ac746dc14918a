"""Makes the snapshot of a Region from the answers: the documents of all rows that keep something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.collect import estate, select, trouble
from ecs2k8s.collect.calls import calls
from ecs2k8s.collect.gathered import Gathered
from ecs2k8s.collect.kinds import kinds
from ecs2k8s.collect.recognise import Found, failures_in, members
from ecs2k8s.core.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.collect.calls import Call
    from ecs2k8s.collect.reading import Item, Reading
    from ecs2k8s.collect.trouble import Trouble
    from ecs2k8s.core.documents import Snapshot

    Mask = Callable[[Any], Any]


def assemble(reading: Reading, troubles: list[Trouble], taken: str, mask: Mask = lambda value: value) -> Snapshot:
    """The same documents that the answers would give as files; *taken* is when the reading began.

    Masking comes last: what secrets stand beside, such as the host in a URL, leads to other documents.
    """
    gathered = Gathered(times={taken}, mask=mask, live=True)
    for row in calls().values():
        try:
            kept = {id(item) for item in getattr(select, row.select)(reading)} if row.select else None
        except trouble.ODD as error:
            troubles = [*troubles, trouble.lacking(row, error)]
            kept = set()
        for parameters, answer in reading.answers(row.name):
            for part in documents(row, parameters, answer, kept):
                gathered.found(part, row.name)
            for said in failures_in(mask(answer.get("failures") or []), ()):
                reason, detail = said.args["reason"], said.args["detail"]
                gathered.say(said.slug, escape(said.args["arn"]) or row.name, reason=reason, detail=detail)
    try:
        for part in known_definitions(reading):
            gathered.found(part, "snapshot.json")
    except trouble.ODD as error:
        troubles = [*troubles, trouble.lacking(calls()["ecs.ListTagsForResource"], error)]
    gathered.failures.update(trouble.findings(troubles, dict(calls()), reading.region))
    return gathered.snapshot()


def documents(row: Call, parameters: Item, answer: Item, kept: set[int] | None) -> Iterator[Found]:
    """What one answer holds, as far as it is kept (none: all of it)."""
    for shape in row.keep:
        kind = kinds()[shape]
        for key, form in kind.answer.items():
            value = answer.get(key)
            if value is None:
                continue
            if form == "map":
                yield Found(shape, _tagged(value, answer, key), (key,))
                continue
            found = (item for _, item in members(form, value))
            yield from (Found(shape, item, (key,)) for item in found if kept is None or id(item) in kept)
        if kind.marks and all(answer.get(mark) is not None for mark in kind.marks if mark not in parameters):
            whole = {name: parameters[name] for name in kind.request} | _only(answer, kept)
            lists = (whole[mark] for mark in kind.marks if isinstance(whole[mark], list))
            if kept is None or id(answer) in kept or any(lists):
                yield Found(shape, whole, ())


def _tagged(value: Item, answer: Item, key: str) -> Item:
    """DescribeTaskDefinition has the tags beside the task definition."""
    return {**value, "tags": answer["tags"]} if key == "taskDefinition" and answer.get("tags") is not None else value


def _only(answer: Item, kept: set[int] | None) -> Item:
    if kept is None or id(answer) in kept:
        return answer
    return {
        key: [item for item in value if id(item) in kept] if isinstance(value, list) else value
        for key, value in answer.items()
    }


def known_definitions(reading: Reading) -> Iterator[Found]:
    """Task definitions of the last snapshot that are still used: their content cannot change, tags and status can.

    Where AWS did not say what these are now, they stay as they were; that it did not is a failure of its own.
    """
    active = set(reading.items("ecs.ListTaskDefinitions", "taskDefinitionArns"))
    listed = bool(reading.answers("ecs.ListTaskDefinitions"))
    tags = {
        asked["resourceArn"]: answer.get("tags") or [] for asked, answer in reading.answers("ecs.ListTagsForResource")
    }
    for arn in sorted(estate.definition_arns(reading) & reading.known.keys()):
        data: dict[str, Any] = {**reading.known[arn]}
        if tags.get(arn) or (arn in tags and "tags" in data):
            data["tags"] = tags[arn]
        if listed:
            data["status"] = "ACTIVE" if arn in active else "INACTIVE"
        yield Found("ecs.TaskDefinition", data, ())
