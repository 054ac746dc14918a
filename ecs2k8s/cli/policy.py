"""`ecs2k8s policy`: the IAM policies that a command needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ecs2k8s.collect.policy import policies, text
from ecs2k8s.core.errors import PlanError, TargetError, UsageError
from ecs2k8s.core.exits import ExitCode
from ecs2k8s.core.partitions import PARTITIONS, of_region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.plan import Plan

DESIGNS = "ABCD"
PLANS = ("cutover/*/plan.json", "cutover/*/decommission/plan.json", "cutover/*/removal/plan.json")


def run(account: str, regions: tuple[str, ...], partition: str) -> int:
    """Print the policy of `export`; a JSON list of policies where one is too small. Raises `TargetError`."""
    chosen = _partition(account, regions[0] if regions else "", partition)
    print(text(policies(chosen, regions or ("*",), account)))
    return ExitCode.CLEAN


def _partition(account: str, region: str, partition: str) -> str:
    chosen = partition or (of_region(region) if region else "aws")
    if chosen not in PARTITIONS:
        raise TargetError(f"--partition {partition}: is none of {', '.join(PARTITIONS)}")
    if account != "*" and not (account.isascii() and account.isdigit() and len(account) == len("111122223333")):
        raise TargetError(f"--account {account}: expected twelve digits")
    return chosen


def cutover(directory: str, designs: tuple[str, ...], account: str, region: str, partition: str) -> int:
    """Print the policies of a cutover. Raises `UsageError`, `PlanError` and `TargetError`."""
    from ecs2k8s.cutover.aws import policy
    from ecs2k8s.cutover.aws.calls import Place

    if bool(directory) == bool(designs):
        raise UsageError("name a directory with plans, or a design with --design")
    if unknown := [each for each in designs if each not in DESIGNS]:
        raise UsageError(f"--design {unknown[0]}: is none of {', '.join(DESIGNS)}")
    if designs:
        found = policy.of_designs(designs, Place(_partition(account, region, partition), region or "*", account))
    else:
        plans = list(_plans(Path(directory)))
        places = {Place(each.partition, each.region, each.account) for each in plans}
        if len(places) > 1:
            raise PlanError(f"{directory}: has plans of several accounts or Regions: name the directory of one")
        found = policy.of_plans(plans, places.pop())
    print(policy.text(found))
    return ExitCode.CLEAN


def _plans(directory: Path) -> Iterator[Plan]:
    from ecs2k8s.cli.cutover_folders import plan_in

    found = [path for pattern in PLANS for path in sorted(directory.glob(pattern))]
    if not found:
        raise PlanError(f"{directory}: has no plan: run `ecs2k8s plan {directory}`")
    for path in found:
        yield plan_in(path.parent)
