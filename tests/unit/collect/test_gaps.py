"""What a snapshot may lack follows from what could not be read."""

from __future__ import annotations

import pytest

from ecs2k8s.collect.calls import calls
from ecs2k8s.collect.gaps import gaps, missing_kinds, read_live
from ecs2k8s.collect.kinds import kinds
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.findings import Finding


def failing(slug: str, **args: str) -> Snapshot:
    return Snapshot((), (Finding.of(slug, "x", **args),))


def test_a_whole_reading_lacks_nothing() -> None:
    assert gaps(Snapshot(())) == frozenset()


@pytest.mark.parametrize(
    ("call", "lacking", "there"),
    [
        ("elbv2.DescribeRules", {"elbv2.Rule"}, {"elbv2.Listener", "ecs.Service", "ecs.TaskDefinition", "iam.Role"}),
        ("ecs.ListServices", {"ecs.Service", "ecs.TaskDefinition", "elbv2.TargetGroup", "elbv2.Rule"}, {"ecs.Cluster"}),
        ("ecs.DescribeTaskDefinition", {"ecs.TaskDefinition", "iam.Role"}, {"ecs.Service", "elbv2.Rule"}),
    ],
)
def test_a_call_that_failed_costs_what_comes_after_it(call: str, lacking: set[str], there: set[str]) -> None:
    found = gaps(failing("not-permitted", call=call))
    assert lacking <= found
    assert not there & found


def test_a_file_that_could_not_be_read_may_have_held_anything() -> None:
    assert gaps(failing("unreadable-file", reason="is no JSON")) == frozenset(kinds())


@pytest.mark.parametrize(
    ("slug", "args"),
    [("deleted-in-between", {"call": "ecr.DescribeImages"}), ("aws-failure", {"reason": "MISSING"})],
)
def test_what_aws_says_is_gone_is_gone(slug: str, args: dict[str, str]) -> None:
    assert gaps(failing(slug, **args)) == frozenset()


def test_each_row_that_keeps_something_can_be_lacking() -> None:
    for row in calls().values():
        assert set(row.keep) <= gaps(failing("refused-by-aws", call=row.name)), row.name


def test_files_say_nothing_of_kinds_that_they_have_nothing_of() -> None:
    given = Snapshot((Document("ecs.Service", "a", {}),))
    assert missing_kinds(given, ["ecs.Service", "elbv2.Rule"]) == {"elbv2.Rule"}
    assert "s3.EnvironmentFile" not in read_live()
