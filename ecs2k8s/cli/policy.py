"""`ecs2k8s policy`: the IAM policy that a command needs."""

from __future__ import annotations

from ecs2k8s.cli.console import ExitCode
from ecs2k8s.collect.policy import policies, text
from ecs2k8s.core.errors import TargetError
from ecs2k8s.core.partitions import PARTITIONS, of_region


def run(account: str, regions: tuple[str, ...], partition: str) -> int:
    """Print the policy of `export`; a JSON list of policies where one is too small. Raises `TargetError`."""
    chosen = partition or (of_region(regions[0]) if regions else "aws")
    if chosen not in PARTITIONS:
        raise TargetError(f"--partition {partition}: is none of {', '.join(PARTITIONS)}")
    if account != "*" and not (account.isascii() and account.isdigit() and len(account) == len("111122223333")):
        raise TargetError(f"--account {account}: expected twelve digits")
    print(text(policies(chosen, regions or ("*",), account)))
    return ExitCode.CLEAN
