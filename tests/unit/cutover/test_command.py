"""A command of a plan, run by a real shell, asks the AWS CLI for exactly what its request asks AWS for."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.session import Session

from ecs2k8s.cutover.plan import Plan, Request
from ecs2k8s.cutover.things import KINDS, command
from ecs2k8s.cutover.things.command import kebab
from tests.estates import SAMPLES, estate
from tests.planned import ground, made, units
from tests.unit.cutover.test_things import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Stands on the PATH as `aws` and `openssl`: notes its words; what stands in `$(...)` it answers with the placeholder
# that the request has there.
FAKE = r"""#!/bin/sh
query=${6#*"'"}
case "${0##*/} $2" in
"aws describe-target-groups") printf 'targetgroup:%s\n' "$4" ;;
"aws describe-rules") printf 'test-rule:%s@%s\n' "${query%%"'"*}" "$4" ;;
"aws list-pod-identity-associations") printf 'association:%s/%s/%s\n' "$4" "$6" "$8" ;;
"openssl "*) echo secret:any ;;
*) printf '%s\0' "$@" >> "$SAID"; printf '\001\0' >> "$SAID" ;;
esac
"""
RENAMED = {
    "--no-egress",
    "--no-reboot",
    "--no-disable-api-termination",
}  # what the CLI calls otherwise in services of ours
NEW, OLD = "targetgroup:web-eks", "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/web/1"
LISTENER = "arn:aws:elasticloadbalancing:eu-west-1:1:listener/app/shop/1/2"
FORWARD = {
    "Type": "forward",
    "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": OLD, "Weight": 99}, {"TargetGroupArn": NEW, "Weight": 1}]},
}
ODD = "a 'b' \"c\" $(touch x) `d` \\ \n é ; & * --e"
BALANCING = [
    Request("elbv2.ModifyRule", {"RuleArn": LISTENER, "Actions": [FORWARD]}),
    Request("elbv2.CreateTargetGroup", {"Name": "web-eks", "Port": 8080, "HealthCheckEnabled": False, "Matcher": {"HttpCode": "200,301"}, "Tags": [{"Key": "owner", "Value": ODD}]}),
    Request("elbv2.CreateTargetGroup", {"Name": "web-eks", "HealthCheckEnabled": True, "HealthCheckPath": f"/{ODD}", "Tags": [{"Key": "ecs2k8s", "Value": "cutover"}]}),
    Request("elbv2.ModifyTargetGroupAttributes", {"TargetGroupArn": NEW, "Attributes": [{"Key": "stickiness.enabled", "Value": "true"}, {"Key": "stickiness.type", "Value": ""}]}),
    Request("elbv2.DeleteTargetGroup", {"TargetGroupArn": NEW}),
    Request("elbv2.DeleteRule", {"RuleArn": f"test-rule:7@{LISTENER}"}),
    Request("elbv2.CreateRule", {"ListenerArn": LISTENER, "Priority": 7, "Actions": [FORWARD], "Conditions": [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Ecs2k8s-Test", "Values": ["secret:any"]}}]}),
    Request("scheduler.UpdateSchedule", {"Name": "n", "Description": "file:///etc/passwd", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": "a", "RoleArn": "b", "Input": ODD}}),
    Request("scheduler.UpdateSchedule", {"Name": "n", "Description": "--debug", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": "a", "RoleArn": "b"}}),
    Request("events.RemoveTargets", {"Rule": "n", "Ids": ["-a", "b"]}),
    Request("events.RemoveTargets", {"Rule": "n", "Ids": ["a", "b"]}),
    Request("iam.UpdateAssumeRolePolicy", {"RoleName": "n", "PolicyDocument": json.dumps({"a": ODD})}),
]  # fmt: skip


def requests() -> Iterator[Request]:
    """All that the kinds ask for, and every weight of the samples."""
    yield from BALANCING
    yield from (Request(call, parameters) for *_, call, parameters in REQUESTS)
    yield from planned()
    for name in SAMPLES:
        documents = {(each.shape, each.id): each.data for each in estate(name)[0].documents}
        for (shape, ident), data in documents.items():
            kind = {"elbv2.Rule": KINDS["elbv2.rule"], "elbv2.Listener": KINDS["elbv2.listener"]}.get(shape)
            if kind and not data.get("IsDefault"):
                state = kind.then(documents, ident)
                yield kind.request(ident, state, state)


def planned() -> Iterator[Request]:
    """Of each plan of the samples, there and back; weights of later stages are but other numbers."""
    for plan in (made(ground(name), unit) for name in SAMPLES for unit in units(ground(name))):
        for step in plan.steps if isinstance(plan, Plan) else ():
            if step.kind != "elb.weights":
                yield from (
                    move.request for move in (*step.moves, *step.back) if not move.thing.kind.startswith("kubernetes.")
                )


def said(folder: Path, commands: list[str]) -> list[list[str]]:
    """The words of each command, as the program that it starts gets them from the shell."""
    for name in ("aws", "openssl"):
        (folder / name).write_text(FAKE)
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "SAID": str(folder / "said"), "LC_ALL": "C.UTF-8"}
    script = "\n".join(commands)
    done = subprocess.run(
        ["/bin/sh", "-eu"], input=script, env=environment, cwd=folder, text=True, check=True, capture_output=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    whole = (folder / "said").read_text("utf-8").split("\1\0")[:-1]
    return [each.split("\0")[:-1] for each in whole]


def understood(words: list[str], models: dict[str, Any]) -> Request:
    """What the AWS CLI makes of its words: its options are the members of botocore's models."""
    service, operation, *rest = words
    model = models.setdefault(service, Session().get_service_model(service))
    name = next(each for each in model.operation_names if xform_name(each, "-") == operation)
    members = model.operation_model(name).input_shape.members
    options = {f"--{xform_name(member, '-')}": (member, shape) for member, shape in members.items()}
    found: dict[str, Any] = {}
    while rest:
        option, *rest = rest
        values = []
        while rest and not rest[0].startswith("--"):
            values.append(rest.pop(0))
        if option == "--cli-input-json":
            found |= json.loads(values[0])
        elif option in options:
            member, shape = options[option]
            found[member] = typed(shape, values)
        else:
            member, shape = options[option.replace("--no-", "--")]
            assert shape.type_name == "boolean"
            assert option not in RENAMED
            found[member] = False
    return Request(f"{service}.{name}", found)


def typed(shape: Any, values: list[str]) -> Any:
    match shape.type_name:
        case "boolean":
            assert not values
            return True
        case "integer" | "long":
            return int(*values)
        case "string" | "timestamp":
            [value] = values
            assert not value.startswith(("file://", "-"))
            return value
    if values[0].startswith(("[", "{")):
        return json.loads(*values)
    if shape.type_name == "list" and shape.member.type_name == "structure":
        return [dict(part.split("=", 1) for part in value.split(",")) for value in values]
    assert shape.type_name == "list"
    return values


def test_a_shell_gives_the_aws_cli_what_the_request_says(tmp_path: Path) -> None:
    asked = list(requests())
    assert len(asked) > 45
    models: dict[str, Any] = {}
    for each, words in zip(asked, said(tmp_path, [command(each) for each in asked]), strict=True):
        assert understood(words, models) == each, words
    assert not (tmp_path / "x").exists()


def test_a_region_is_that_of_the_command_and_of_those_inside_it(tmp_path: Path) -> None:
    text = command(BALANCING[0], "eu-west-1")
    assert text.count("--region eu-west-1") == 2
    assert said(tmp_path, [text])[0][-2:] == ["--region", "eu-west-1"]


def test_a_command_reads_as_a_person_would_write_it() -> None:
    assert (
        command(Request("events.DisableRule", {"Name": "nightly", "EventBusName": "default"}))
        == "aws events disable-rule --name nightly --event-bus-name default"
    )
    assert command(BALANCING[4]) == (
        "aws elbv2 delete-target-group \\\n"
        '  --target-group-arn "$(aws elbv2 describe-target-groups --names web-eks'
        " --query 'TargetGroups[0].TargetGroupArn' --output text)\""
    )


@pytest.mark.parametrize(
    "service",
    ["elbv2", "application-autoscaling", "ecs", "events", "scheduler", "iam", "ec2", "eks", "servicediscovery"],
)
def test_names_become_options_as_in_the_aws_cli(service: str) -> None:
    model = Session().get_service_model(service)
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        for name in (operation, *(shape.members if shape else ())):
            assert kebab(name) == xform_name(name, "-")
