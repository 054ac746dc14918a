"""Values that exist only when a plan runs: how requests name them, how the run finds them, and how a shell does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecs2k8s.cutover.things.kind import NAMED

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecs2k8s.cutover.things.kind import Ask

TEST_RULE = "test-rule:"  # and PRIORITY@LISTENER
ASSOCIATION = "association:"  # and CLUSTER/NAMESPACE/SERVICE-ACCOUNT
SECRET_VALUE = "secret:any"  # noqa: S105 (that any value will do which nobody can guess; it is in no file)
TEST_HEADER = "X-Ecs2k8s-Test"  # of requests that the test rule answers


@dataclass(frozen=True, slots=True)
class Later:
    """`key`: the only member of a request that has it; foreign text stands in others.

    `find` is given what follows the prefix, and gives None where there is none. `shell`: the words of a command
    that prints it.
    """

    prefix: str
    key: str
    find: Callable[[Ask, str], str | None]
    shell: Callable[[str], tuple[str, ...]]


def _group(ask: Ask, name: str) -> str | None:
    answer = ask("elbv2.DescribeTargetGroups", {"Names": [name]})
    found = (group for group in (answer or {}).get("TargetGroups", ()) if group["TargetGroupName"] == name)
    return next((str(group["TargetGroupArn"]) for group in found), None)


def _test_rule(ask: Ask, rest: str) -> str | None:
    priority, _, listener = rest.partition("@")
    answer = ask("elbv2.DescribeRules", {"ListenerArn": listener})
    found = (rule for rule in (answer or {}).get("Rules", ()) if rule["Priority"] == priority and is_test(rule))
    return next((str(rule["RuleArn"]) for rule in found), None)


def is_test(rule: Any) -> bool:
    """Whether only requests with our header meet the rule."""
    headers = (each.get("HttpHeaderConfig") or {} for each in rule.get("Conditions") or ())
    return any(header.get("HttpHeaderName") == TEST_HEADER for header in headers)


def _test_rule_shell(rest: str) -> tuple[str, ...]:
    priority, _, listener = rest.partition("@")
    header = f"Conditions[?HttpHeaderConfig.HttpHeaderName=='{TEST_HEADER}']"
    return _shell(
        *("elbv2", "describe-rules", "--listener-arn", listener),
        *("--query", f"Rules[?Priority=='{priority}' && {header}].RuleArn"),
    )


def _association(ask: Ask, rest: str) -> str | None:
    cluster, namespace, account = rest.split("/")
    asked = {"clusterName": cluster, "namespace": namespace, "serviceAccount": account}
    found = (ask("eks.ListPodIdentityAssociations", asked) or {}).get("associations", ())
    its = (each for each in found if (each["namespace"], each["serviceAccount"]) == (namespace, account))
    return next((str(each["associationId"]) for each in its), None)


def _association_shell(rest: str) -> tuple[str, ...]:
    cluster, namespace, account = rest.split("/")
    return _shell(
        *("eks", "list-pod-identity-associations", "--cluster-name", cluster, "--namespace", namespace),
        *("--service-account", account, "--query", "associations[0].associationId"),
    )


def _shell(*words: str) -> tuple[str, ...]:
    return ("aws", *words, "--output", "text")


def _secret(_: Ask, __: str) -> str:
    from secrets import token_hex  # noqa: PLC0415 (only a run makes one)

    return token_hex(16)


LATER = (
    Later(
        NAMED,
        "TargetGroupArn",
        _group,
        lambda name: _shell(
            *("elbv2", "describe-target-groups", "--names", name, "--query", "TargetGroups[0].TargetGroupArn")
        ),
    ),
    Later(TEST_RULE, "RuleArn", _test_rule, _test_rule_shell),
    Later(ASSOCIATION, "associationId", _association, _association_shell),
    Later(SECRET_VALUE, "Values", _secret, lambda _: ("openssl", "rand", "-hex", "16")),
)


def later(key: str, value: Any) -> tuple[Later, str] | None:
    """What finds *value*, the member *key* of a request, and what it is asked for; None where it is as it is."""
    if not isinstance(value, str):
        return None
    return next(
        (
            (each, value.removeprefix(each.prefix))
            for each in LATER
            if key == each.key and value.startswith(each.prefix)
        ),
        None,
    )
