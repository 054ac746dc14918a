"""The samples set every leaf that AWS documents for the shapes that are translated, and refer to nothing that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ecs2k8s.collect.shapes import model
from ecs2k8s.core.paths import Path, leaves
from ecs2k8s.pipeline import translate
from tests.estates import SAMPLES, estate

if TYPE_CHECKING:
    from collections.abc import Iterator

SHAPES = {
    "ecs.TaskDefinition": "TaskDefinition",
    "ecs.Service": "Service",
    "ecs.Cluster": "Cluster",
    "ecs.CapacityProvider": "CapacityProvider",
}
# State of a moment, or what a sample cannot have.
UNSET = {
    "events",
    "currentServiceDeployment",
    "currentServiceRevisions",
    "deploymentConfiguration.lifecycleHooks[].hookDetails",  # free form, set in `microservices`
    "deployments[].volumeConfigurations[].managedEBSVolume.kmsKeyId",  # the sample takes the cluster's key; a case has it
    "taskSets[].loadBalancers[].loadBalancerName",  # task sets have no Classic Load Balancers
}


def documented(shape: Any, path: str = "", above: tuple[str, ...] = ()) -> Iterator[str]:
    """Every leaf under botocore's *shape*, lists as `[]` and map values as `*`; a shape inside itself is a leaf."""
    if shape.name in above:
        yield path
        return
    above = (*above, shape.name)
    match shape.type_name:
        case "structure" if shape.members:
            for name, member in shape.members.items():
                yield from documented(member, f"{path}.{name}" if path else name, above)
        case "list":
            yield from documented(shape.member, f"{path}[]", above)
        case "map":
            yield f"{path}.*"
        case _:
            yield path


def pattern(path: Path, maps: set[str]) -> str:
    text = ""
    for step in path:
        text += "[]" if isinstance(step, int) else f".{step}" if text else str(step)
        if f"{text}.*" in maps:
            return f"{text}.*"
    return text


@pytest.mark.parametrize("shape", SHAPES)
def test_every_documented_leaf_is_set_in_some_sample(shape: str) -> None:
    wanted = set(documented(model("ecs").shape_for(SHAPES[shape])))
    maps = {leaf for leaf in wanted if leaf.endswith(".*")}
    given = {
        pattern(path, maps)
        for name in SAMPLES
        for document in estate(name)[0].of(shape)
        for path, value in leaves(document.data)
        if value not in (None, [], {})
    }
    missing = {leaf for leaf in wanted - given if not any(leaf.startswith(prefix) for prefix in UNSET)}
    assert sorted(missing) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_without_failures_and_refers_to_nothing_that_is_missing(name: str) -> None:
    snapshot, target = estate(name)
    assert snapshot.failures == ()
    assert snapshot.notes == ()
    made = translate(snapshot, target)
    assert made.refused == ()
    assert "dangling-reference" not in {finding.slug for finding in made.findings}
