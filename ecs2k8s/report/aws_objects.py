"""Sections of aws/README.md: documents that change, and the template with what is new."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ecs2k8s.core.escape import escape
from ecs2k8s.report.escape_markdown import plain, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.aws_objects import AwsChange, AwsResource

CHANGES = """## Documents that change

Each has a folder here with what it is now (`old.json`), what it must be (`new.json`) and the `diff` of both. Run a
command in that folder, one change after the other. A command changes nothing where the document is no longer
`old.json`: then export again.
"""
STACK = "ecs2k8s"
NEW = f"""## New objects

`template.yaml` holds them, for one stack of CloudFormation. It changes nothing that exists. Apply it after the changes
above, in this folder; look at the change set first with `--no-execute-changeset`.

    aws cloudformation deploy --stack-name {STACK} --template-file template.yaml --capabilities CAPABILITY_NAMED_IAM

Way back, when no pod uses them any more:

    aws cloudformation delete-stack --stack-name {STACK}

"""


def object_lines(translation: Translation) -> Iterator[str]:
    """Both sections, as lines of Markdown; none where nothing changes and nothing is new."""
    if translation.changes:
        yield CHANGES
    for change in translation.changes:
        yield from _change(change)
    if translation.resources:
        yield from (NEW, *_counted(translation.resources), "")


def _change(change: AwsChange) -> Iterator[str]:
    yield from (f"### {plain(change.title)}", "", f"About {span(change.subject)}, in {span(change.name + '/')}.", "")
    yield from (plain(change.why), "", *block(change.command), "", "Way back:", "", *block(change.back), "")


def _counted(resources: tuple[AwsResource, ...]) -> Iterator[str]:
    kinds = Counter(resource.type for resource in resources)
    return (f"- {count} of {span(kind)}" for kind, count in sorted(kinds.items()))


def block(command: str) -> Iterator[str]:
    """As indented code, which no text can end."""
    return (f"    {escape(line)}" for line in command.split("\n"))
