"""New target groups and bindings: names, reach, networking, and the commands that make them."""

from __future__ import annotations

from typing import Any

import pytest

from ecs2k8s.core.aws_steps import aws, pairs
from ecs2k8s.core.documents import Document
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.aws_steps import aws_files
from ecs2k8s.translate.new_target_groups import NewTargetGroup
from tests.network_estate import AMQP, BALANCER, BOTH, ELB, STATS, TCP, TLS, edited, forward

GROUP, LOAD_BALANCER = "TargetGroup", "LoadBalancer"


def bound(edits: Any, *more: Document, **target: Any) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """Spec of each binding by name, and what was said where."""
    translation = translate(edited(edits, *more), convert(target))
    placed = translation.bundle.tree("traffic/target-group-binding")
    specs = {each.manifest["metadata"]["name"]: each.manifest["spec"] for each in placed}
    return specs, {(finding.slug, finding.path) for finding in translation.findings}


def existing(name: str) -> Document:
    arn = f"{ELB}:targetgroup/{name}/77"
    return Document("elbv2.TargetGroup", arn, {"TargetGroupArn": arn, "TargetGroupName": name, "Protocol": "TCP"})


def test_only_one_function_can_make_a_new_target_group() -> None:
    with pytest.raises(TypeError, match="new_target_groups"):
        NewTargetGroup(None, "web")  # type: ignore[arg-type]


def test_a_name_that_exists_is_never_given_again() -> None:
    name = bound({}, existing("mq-amqp-eks"))[0]["mq-amqp"]["targetGroupName"]
    assert name.startswith("mq-amqp-eks-")
    again = bound({}, existing("mq-amqp-eks"), existing(name))[0]["mq-amqp"]["targetGroupName"]
    assert again not in ("mq-amqp-eks", name)
    assert bound({}, existing("MQ-AMQP-EKS"))[0]["mq-amqp"]["targetGroupName"] == name


def test_a_name_that_only_an_arn_says_is_never_given_again() -> None:
    service = {
        "loadBalancers": [
            {"targetGroupArn": f"{ELB}:targetgroup/mq-amqp-eks/9", "containerName": "c", "containerPort": 1}
        ]
    }
    arn = "arn:aws:ecs:eu-west-1:111122223333:service/prod/gone"
    gone = Document("ecs.Service", arn, {"serviceArn": arn, "serviceName": "gone", "status": "INACTIVE"} | service)
    assert bound({}, gone)[0]["mq-amqp"]["targetGroupName"] != "mq-amqp-eks"
    chosen = {f"{ELB}:targetgroup/x/1": f"{ELB}:targetgroup/mq-amqp-eks/2"}
    assert bound({}, target_groups=chosen)[0]["mq-amqp"]["targetGroupName"] != "mq-amqp-eks"
    pair = {"targetGroupPairInfoList": [{"targetGroups": [{"name": "mq-amqp-eks"}]}]}
    deployment = Document("codedeploy.DeploymentGroup", "deployment-group/x/y", {"loadBalancerInfo": pair})
    assert bound({}, deployment)[0]["mq-amqp"]["targetGroupName"] != "mq-amqp-eks"


@pytest.mark.parametrize(
    ("edit", "slug", "path"),
    [
        ({"TargetType": "lambda"}, "targets-without-address", "TargetType"),
        ({"VpcId": None}, "target-group-incomplete", "TargetGroupArn"),
        ({"HealthCheckProtocol": None}, "target-group-incomplete", "TargetGroupArn"),
        ({"HealthCheckProtocol": "HTTP", "Matcher": {"HttpCode": "200"}}, "target-group-incomplete", "TargetGroupArn"),
        ({"HealthCheckProtocol": "HTTP", "HealthCheckPath": "/"}, "target-group-incomplete", "TargetGroupArn"),
        ({"HealthCheckEnabled": False}, "health-check-switched-off", "HealthCheckEnabled"),
        ({"TargetType": "instance", "HealthCheckPort": "9"}, "check-port-unknown", "HealthCheckPort"),
        ({"HealthCheckPort": "99999"}, "check-port-unknown", "HealthCheckPort"),
        ({"HealthCheckPort": "²"}, "check-port-unknown", "HealthCheckPort"),
        ({"Protocol": None}, "target-protocol-unsupported", "TargetGroupArn"),
    ],
)
def test_what_cannot_be_copied_is_not_bound(edit: dict[str, Any], slug: str, path: str) -> None:
    specs, said = bound({(GROUP, AMQP): edit}, routing="existing-alb")
    assert sorted(specs) == ["mq-stats"]
    assert (slug, path) in said


def test_a_group_of_another_account_is_left_to_a_person() -> None:
    arn = AMQP.replace("111122223333", "444455556666")
    edits = {
        ("Service", "arn:aws:ecs:eu-west-1:111122223333:service/prod/broker"): {
            "loadBalancers": [{"targetGroupArn": arn, "containerName": "broker", "containerPort": 5672}]
        }
    }
    source = next(d.data for d in edited({}).documents if (d.shape, d.id) == ("elbv2.TargetGroup", AMQP))
    specs, said = bound(edits, Document("elbv2.TargetGroup", arn, source | {"TargetGroupArn": arn}))
    assert specs == {}
    assert ("target-group-of-another-account", "TargetGroupArn") in said


def test_two_container_ports_behind_one_group_are_one_too_many() -> None:
    entries = [{"targetGroupArn": AMQP, "containerName": "broker", "containerPort": port} for port in (5672, 8125)]
    service = ("Service", "arn:aws:ecs:eu-west-1:111122223333:service/prod/broker")
    specs, said = bound({service: {"loadBalancers": entries}})
    assert specs == {}
    assert ("target-group-of-several", "TargetGroupArn") in said


def test_a_group_in_no_action_would_never_be_healthy() -> None:
    unused: dict[tuple[str, str], Any] = {(GROUP, arn): {"LoadBalancerArns": []} for arn in (AMQP, STATS)}
    listeners = {("Listener", arn): {"DefaultActions": forward((STATS, 1))} for arn in (TCP, TLS, BOTH)}
    specs, said = bound(unused | listeners)
    assert sorted(specs) == ["mq-stats"]
    assert ("target-group-without-listener", "TargetGroupArn") in said


def test_weights_of_dns_bind_only_where_the_balancer_stays() -> None:
    assert bound({}, shift="weighted-dns")[0] == {}
    differ = {(GROUP, STATS): {"HealthCheckIntervalSeconds": 30}}
    assert sorted(bound(differ, shift="weighted-dns")[0]) == ["mq-amqp", "mq-stats"]
    assert sorted(bound({}, shift="weighted-dns", routing="existing-alb")[0]) == ["mq-amqp", "mq-stats"]


def test_a_udp_group_is_checked_by_tcp() -> None:
    edits = {(GROUP, STATS): {"Protocol": "UDP", "HealthCheckPort": "traffic-port"}}
    rule = bound(edits)[0]["mq-stats"]["networking"]["ingress"][0]
    assert rule["ports"] == [{"protocol": "UDP", "port": 8125}, {"protocol": "TCP", "port": 8125}]


def subnet(name: str, **data: str) -> Document:
    return Document("ec2.Subnet", f"subnet/{name}", {"SubnetId": name} | data)


def test_without_security_groups_the_subnets_are_admitted() -> None:
    bare = {(LOAD_BALANCER, BALANCER): {"SecurityGroups": None}}
    specs, said = bound(bare, subnet("subnet-a", CidrBlock="10.0.0.0/24"), subnet("subnet-b", CidrBlock="10.0.1.0/24"))
    ranges = [peer["ipBlock"]["cidr"] for peer in specs["mq-amqp"]["networking"]["ingress"][0]["from"]]
    assert ranges == ["10.0.0.0/24", "10.0.1.0/24"]
    assert ("clients-reach-pods-directly", "TargetGroupArn") in said
    values = {"Attributes": [{"Key": "preserve_client_ip.enabled", "Value": "false"}]}
    hidden = bare | {("TargetGroupAttributes", arn): values for arn in (AMQP, STATS)}
    assert ("clients-reach-pods-directly", "TargetGroupArn") not in bound(hidden)[1]


@pytest.mark.parametrize(
    "subnets",
    [
        [],
        [subnet("subnet-a", CidrBlock="10.0.0.0/24")],
        [subnet("subnet-a", CidrBlock="10.0.0.0/24"), subnet("subnet-b")],
    ],
)
def test_where_the_subnets_are_not_known_nothing_is_opened(subnets: list[Document]) -> None:
    specs, said = bound({(LOAD_BALANCER, BALANCER): {"SecurityGroups": None}}, *subnets)
    assert "networking" not in specs["mq-amqp"]
    assert ("balancer-addresses-unknown", "LoadBalancerArns[0]") in said


def test_where_the_balancer_is_not_known_nothing_is_opened() -> None:
    specs, said = bound({(LOAD_BALANCER, BALANCER): None})
    assert "networking" not in specs["mq-amqp"]
    assert ("balancer-addresses-unknown", "LoadBalancerArns[0]") in said


def test_auto_mode_has_a_binding_of_its_own() -> None:
    placed = translate(edited({}), convert({"compute": "auto-mode"})).bundle.tree("traffic/target-group-binding")
    assert {each.manifest["apiVersion"] for each in placed} == {"eks.amazonaws.com/v1"}


def test_a_service_ref_leads_to_a_service_with_that_port() -> None:
    bundle = translate(edited({(GROUP, AMQP): {"TargetGroupName": "broker"}}), convert({})).bundle
    for placed in bundle.tree("traffic/target-group-binding"):
        ref = placed.manifest["spec"]["serviceRef"]
        service = bundle.find("Service", ref["name"])
        assert service is not None
        assert ref["port"] in [port["port"] for port in service["spec"]["ports"]]
    assert bundle.find("Service", "mq-amqp") is None


def test_the_commands_copy_the_source_and_undo_themselves() -> None:
    tags = {
        "ResourceArn": AMQP,
        "Tags": [{"Key": "team", "Value": "a b"}, {"Key": "elbv2.k8s.aws/cluster", "Value": "x"}],
    }
    http = {
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/it's",
        "Matcher": {"HttpCode": "200,301"},
        "TargetType": "instance",
    }
    edits = {(GROUP, AMQP): http | {"HealthCheckPort": "traffic-port", "TargetControlPort": 3000}}
    translation = translate(edited(edits, Document("elbv2.Tags", AMQP, tags)), convert({}))
    step = translation.steps[0]
    assert step.subject == AMQP
    assert step.command.replace(" \\\n ", "").splitlines() == [
        (
            "NEW=$(aws elbv2 create-target-group --name mq-amqp-eks --target-type ip --protocol TCP --port 5672 --vpc-id vpc-1"
            " --ip-address-type ipv4 --target-control-port 3000 --health-check-protocol HTTP --health-check-port traffic-port"
            " --health-check-path '/it'\"'\"'s' --health-check-interval-seconds 10 --health-check-timeout-seconds 10"
            " --healthy-threshold-count 3 --unhealthy-threshold-count 3 --matcher 'HttpCode=\"200,301\"'"
            ' --tags \'[{"Key":"ecs2k8s","Value":"cutover"},{"Key":"team","Value":"a b"}]\''
            " --query 'TargetGroups[0].TargetGroupArn' --output text)"
        ),
        (
            "aws elbv2 modify-target-group-attributes --attributes Key=deregistration_delay.timeout_seconds,Value=120"
            " Key=preserve_client_ip.enabled,Value=true Key=proxy_protocol_v2.enabled,Value=false"
            ' --target-group-arn "$NEW"'
        ),
    ]
    assert "delete-target-group" in step.back
    assert "mq-amqp-eks" in step.back
    readme = aws_files(translation, convert({}))["aws/README.md"]
    assert readme.index("## Traffic") < readme.index("mq-amqp-eks") < readme.index("mq-stats-eks")
    assert all(line in readme for line in step.command.splitlines())


def test_the_port_of_an_instance_is_that_of_the_container_behind_it() -> None:
    definition = ("TaskDefinition", "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1")
    mappings = [
        {"containerPort": 5672, "hostPort": 0},
        {"containerPort": 9000, "hostPort": 9001},
        {"containerPort": 8125, "hostPort": 0},
    ]
    container = {"name": "broker", "image": "broker:1", "portMappings": mappings}
    edits = {definition: {"networkMode": "bridge", "containerDefinitions": [container]}}
    specs, _ = bound(edits | {(GROUP, AMQP): {"TargetType": "instance", "HealthCheckPort": "9001"}})
    ports = specs["mq-amqp"]["networking"]["ingress"][0]["ports"]
    assert ports == [{"protocol": "TCP", "port": 5672}, {"protocol": "TCP", "port": 9000}]


def test_words_for_the_shell_are_quoted() -> None:
    assert aws("elbv2", "x", "--name", "a b; rm") == "aws elbv2 x --name 'a b; rm'"
    assert pairs({"b": "1", "a": "2"}) == ["Key=a,Value=2", "Key=b,Value=1"]
    assert pairs({"a": "1,2"}) == ['[{"Key":"a","Value":"1,2"}]']
