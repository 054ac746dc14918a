"""What a Service of type LoadBalancer can hold of a Network Load Balancer, and what is said of the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecs2k8s.core.documents import Document
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.translate.network_annotations import as_map
from tests.network_estate import AMQP, BALANCER, BOTH, ELB, STATS, TCP, TLS, edited, forward

LISTENER, GROUP, LOAD_BALANCER = ("Listener", "TargetGroup", "LoadBalancer")
SSL = {"Port": 8883, "Protocol": "TLS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}
SSL |= {"Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/default"}]}
SSL |= {"DefaultActions": forward((AMQP, 1))}
CERTIFICATES = {
    "ListenerArn": TCP,
    "Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/another", "IsDefault": False}],
}
ANOTHER = Document("elbv2.ListenerCertificates", TCP, CERTIFICATES)
OTHER = f"{ELB}:targetgroup/mq-new/3"
PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"


def other_service(namespace: str = "prod", **group: Any) -> tuple[Document, ...]:
    """A second workload behind a target group of its own, like that of the first."""
    ecs = "arn:aws:ecs:eu-west-1:111122223333"
    definition = f"{ecs}:task-definition/new:1"
    container = {"name": "broker", "image": "broker:2", "portMappings": [{"containerPort": 5672}]}
    entry = {"targetGroupArn": OTHER, "containerName": "broker", "containerPort": 5672}
    service: dict[str, Any] = {"serviceArn": f"{ecs}:service/{namespace}/new", "serviceName": "new", "status": "ACTIVE"}
    service |= {"clusterArn": f"{ecs}:cluster/{namespace}", "desiredCount": 1, "taskDefinition": definition}
    like = next(d.data for d in edited({}).documents if (d.shape, d.id) == ("elbv2.TargetGroup", AMQP))
    its = next(d.data for d in edited({}).documents if (d.shape, d.id) == ("elbv2.TargetGroupAttributes", AMQP))
    task = {"taskDefinitionArn": definition, "family": "new", "revision": 1, "status": "ACTIVE"}
    return (
        Document("ecs.TaskDefinition", definition, task | {"containerDefinitions": [container]}),
        Document("ecs.Service", service["serviceArn"], service | {"loadBalancers": [entry]}),
        Document("elbv2.TargetGroup", OTHER, like | {"TargetGroupArn": OTHER, "TargetGroupName": "mq-new"} | group),
        Document("elbv2.TargetGroupAttributes", OTHER, its | {"TargetGroupArn": OTHER}),
    )


def made(edits: Any, *more: Document, **target: Any) -> tuple[dict[str, Any] | None, set[tuple[str, str]]]:
    """The Service of the load balancer, and what was said where."""
    translation = translate(edited(edits, *more), convert(target))
    services = [placed.manifest for placed in translation.bundle.tree("traffic/load-balancer")]
    assert len(services) < 2
    return (services[0] if services else None), {(finding.slug, finding.path) for finding in translation.findings}


def settings(edits: Any, *more: Document, **target: Any) -> dict[str, str]:
    service, said = made(edits, *more, **target)
    assert service is not None, said
    return {key.removeprefix(PREFIX): value for key, value in service["metadata"]["annotations"].items()}


@pytest.mark.parametrize(
    ("edits", "slug", "path"),
    [
        ({(LISTENER, BOTH): {"Protocol": "GENEVE"}}, "listener-protocol-unsupported", "Protocol"),
        ({(LISTENER, TCP): {"DefaultActions": forward((OTHER, 1))}}, "target-group-stays", "DefaultActions[0].ForwardConfig.TargetGroups[0].TargetGroupArn"),
        ({(LISTENER, TCP): {"DefaultActions": forward((AMQP, 1), (OTHER, 1))}}, "target-group-stays", "DefaultActions[0].ForwardConfig.TargetGroups[1].TargetGroupArn"),
        ({(LISTENER, TCP): {"DefaultActions": []}}, "listeners-differ", "ListenerArn"),
        ({(LISTENER, TCP): {"Port": None}}, "load-balancer-incomplete", "ListenerArn"),
        ({(LISTENER, TLS): {"SslPolicy": None}}, "load-balancer-incomplete", "ListenerArn"),
        ({(LISTENER, TLS): {"Certificates": None}, ("ListenerCertificates", TLS): None}, "load-balancer-incomplete", "ListenerArn"),
        ({(LOAD_BALANCER, BALANCER): {"Scheme": None}}, "load-balancer-incomplete", "LoadBalancerArn"),
        ({(LOAD_BALANCER, BALANCER): None}, "load-balancer-incomplete", "LoadBalancerArn"),
        ({(GROUP, STATS): {"HealthCheckIntervalSeconds": 30}}, "listeners-differ", "HealthCheckIntervalSeconds"),
        ({(GROUP, STATS): {"HealthCheckProtocol": "HTTP", "HealthCheckPath": "/", "Matcher": {"HttpCode": "200"}}}, "listeners-differ", "Matcher.HttpCode"),
        ({(GROUP, STATS): {"IpAddressType": "ipv6"}}, "listeners-differ", "IpAddressType"),
        ({(GROUP, STATS): {"HealthCheckPort": None}}, "target-group-incomplete", "TargetGroupArn"),
        ({(GROUP, STATS): {"HealthCheckEnabled": False}}, "health-check-switched-off", "HealthCheckEnabled"),
        ({(GROUP, STATS): {"TargetType": "alb"}}, "targets-without-address", "TargetType"),
        ({(GROUP, STATS): {"TargetType": "lambda"}}, "targets-without-address", "TargetType"),
        ({(GROUP, STATS): {"Protocol": "GENEVE"}}, "target-protocol-unsupported", "Protocol"),
    ],
)  # fmt: skip
def test_what_one_service_cannot_hold_keeps_the_load_balancer(edits: Any, slug: str, path: str) -> None:
    service, said = made(edits)
    assert service is None
    assert (slug, path) in said


@pytest.mark.parametrize(
    ("edits", "path"),
    [
        ({"SslPolicy": "ELBSecurityPolicy-2016-08"}, "SslPolicy"),
        ({"AlpnPolicy": ["HTTP2Only"]}, "AlpnPolicy[0]"),
        ({"Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/x"}]}, "Certificates[0].CertificateArn"),
    ],
)  # fmt: skip
def test_two_tls_listeners_share_their_settings_or_no_service_is_made(edits: dict[str, Any], path: str) -> None:
    same = SSL | {"AlpnPolicy": ["None"]}
    assert made({(LISTENER, TCP): same}, ANOTHER)[0] is not None
    service, said = made({(LISTENER, TCP): same | edits}, ANOTHER)
    assert service is None
    assert ("listeners-differ", path) in said


def test_tls_to_the_targets_is_one_setting_for_all_tls_listeners() -> None:
    encrypted = {(GROUP, AMQP): {"Protocol": "TLS"}, (LISTENER, TCP): None}
    assert settings(encrypted)["backend-protocol"] == "ssl"
    mixed = {(LISTENER, TCP): SSL | {"AlpnPolicy": ["None"], "DefaultActions": forward((STATS, 1))}}
    service, said = made({(GROUP, AMQP): {"Protocol": "TLS"}} | mixed, ANOTHER)
    assert service is None
    assert ("listeners-differ", "Protocol") in said


def test_listeners_of_two_workloads_have_no_common_selector() -> None:
    service, said = made({(LISTENER, TLS): {"DefaultActions": forward((OTHER, 1))}}, *other_service())
    assert service is None
    assert ("listeners-differ", "DefaultActions[0].ForwardConfig.TargetGroups[0].TargetGroupArn") in said


def test_a_rule_of_a_network_listener_keeps_the_load_balancer() -> None:
    arn = f"{ELB}:listener-rule/net/mq/1/1/9"
    condition = {"Field": "source-ip", "SourceIpConfig": {"IpAddressType": "ipv4"}}
    rule = Document(
        "elbv2.Rule", arn, {"RuleArn": arn, "Priority": "1", "Conditions": [condition], "Actions": forward((AMQP, 1))}
    )
    service, said = made({}, rule)
    assert service is None
    assert ("rule-of-network-listener", "RuleArn") in said


def test_a_gateway_load_balancer_is_told_of() -> None:
    _, said = made({(LOAD_BALANCER, BALANCER): {"Type": "gateway"}})
    assert ("gateway-load-balancer", "Type") in said


def test_of_a_gateway_load_balancer_its_attributes_are_enough() -> None:
    arn = f"{ELB}:loadbalancer/gwy/fw/1"
    only = Document("elbv2.LoadBalancerAttributes", arn, {"LoadBalancerArn": arn, "Attributes": []})
    _, said = made({}, only)
    assert ("gateway-load-balancer", "LoadBalancerArn") in said


def test_weights_between_workloads_are_an_action_of_the_controller() -> None:
    edits = {(LISTENER, TCP): {"DefaultActions": forward((AMQP, 90), (OTHER, 10), sticky=True)}}
    found = settings(edits, *other_service())
    assert json.loads(found["service.beta.kubernetes.io/actions.TCP-5672"]) == {
        "type": "forward",
        "forwardConfig": {
            "baseServiceWeight": 90,
            "targetGroups": [{"serviceName": "mq-new", "servicePort": 5672, "weight": 10}],
            "targetGroupStickinessConfig": {"enabled": True},
        },
    }


def test_the_other_groups_of_a_tls_listener_get_what_it_decrypts() -> None:
    edits = {(LISTENER, TLS): {"DefaultActions": forward((AMQP, 90), (OTHER, 10))}}
    action = json.loads(settings(edits, *other_service())["service.beta.kubernetes.io/actions.TLS-5671"])
    assert action["forwardConfig"]["targetGroups"][0]["decrypt"] is True


def test_a_weighted_group_of_weight_nothing_is_left_out() -> None:
    found = settings({(LISTENER, TCP): {"DefaultActions": forward((AMQP, 1), (OTHER, 0))}})
    assert [key for key in found if "actions" in key] == []


def test_a_group_that_stays_is_named_by_its_second_group() -> None:
    second = f"{ELB}:targetgroup/second/9"
    edits = {(LISTENER, TCP): {"DefaultActions": forward((AMQP, 90), (OTHER, 10))}}
    found = settings(edits, target_groups={OTHER: second})
    action = json.loads(found["service.beta.kubernetes.io/actions.TCP-5672"])
    assert action["forwardConfig"]["targetGroups"] == [{"targetGroupARN": second, "weight": 10}]


@pytest.mark.parametrize(
    ("listener", "others", "why"),
    [
        ({"Protocol": "QUIC"}, {}, "QUIC"),
        ({}, {"namespace": "stage"}, "another namespace"),
        ({}, {"HealthCheckIntervalSeconds": 30}, "different settings"),
    ],
)
def test_weights_that_the_controller_cannot_have_keep_the_load_balancer(
    listener: dict[str, Any], others: dict[str, Any], why: str
) -> None:
    edits = {(LISTENER, TCP): {"DefaultActions": forward((AMQP, 90), (OTHER, 10))} | listener}
    translation = translate(edited(edits, *other_service(**others)), convert({}))
    assert translation.bundle.tree("traffic/load-balancer") == []
    said = [dict(finding.args)["why"] for finding in translation.findings if finding.slug == "weights-not-carried"]
    assert [why in text for text in said] == [True]


def test_attributes_of_target_groups_differ_by_port() -> None:
    values = {
        "Attributes": [
            {"Key": "preserve_client_ip.enabled", "Value": "true"},
            {"Key": "proxy_protocol_v2.enabled", "Value": "true"},
        ]
    }
    found = settings({("TargetGroupAttributes", STATS): values})
    assert "target-group-attributes" not in found
    assert found["target-group-attributes.8125"] == "preserve_client_ip.enabled=true,proxy_protocol_v2.enabled=true"
    assert found["target-group-attributes.5671"] == found["target-group-attributes.5672"]
    assert "proxy_protocol_v2.enabled=false" in found["target-group-attributes.5672"]


@pytest.mark.parametrize(
    ("target_type", "protocol", "expected"),
    [("ip", "TCP", "false"), ("instance", "TCP", "true"), ("ip", "TCP_UDP", "true"), ("ip", "TLS", "false")],
)
def test_the_effective_client_address_is_written_where_nothing_says_it(
    target_type: str, protocol: str, expected: str
) -> None:
    edits: dict[tuple[str, str], dict[str, Any] | None] = {
        (GROUP, AMQP): {"TargetType": target_type, "Protocol": protocol, "HealthCheckPort": "traffic-port"}
    }
    edits |= {(GROUP, STATS): {"HealthCheckPort": "traffic-port"}, ("TargetGroupAttributes", AMQP): None}
    if protocol == "TLS":
        edits[LISTENER, TCP] = None
    service, said = made(edits)
    assert service is not None, said
    written = service["metadata"]["annotations"]
    key = f"{PREFIX}target-group-attributes"
    assert f"preserve_client_ip.enabled={expected}" in written.get(f"{key}.5671", written.get(key))
    assert ("target-group-attributes-not-read", "TargetGroupArn") in said


def test_without_security_groups_the_new_one_has_none_either() -> None:
    found = settings({(LOAD_BALANCER, BALANCER): {"SecurityGroups": None}})
    assert found["disable-nlb-sg"] == "true"
    assert {key for key in found if "security-group" in key or "private-link" in key} == set()


def test_quic_is_a_udp_port_and_needs_server_ids() -> None:
    group = {(GROUP, STATS): {"Protocol": "TCP_QUIC"}, (LOAD_BALANCER, BALANCER): {"SecurityGroups": None}}
    service, said = made({(LISTENER, BOTH): {"Protocol": "TCP_QUIC", "Port": 443}} | group)
    assert service is not None
    written = service["metadata"]["annotations"]
    assert written[f"{PREFIX}quic-enabled-ports"] == "443"
    assert written[f"{PREFIX}enable-tcp-udp-listener"] == "true"
    assert [port["name"] for port in service["spec"]["ports"] if port["port"] == 443] == ["tcp-443", "udp-443"]
    assert ("quic-needs-server-id", "Protocol") in said


def test_a_dual_stack_balancer_keeps_its_kind_of_addresses() -> None:
    zones = [
        {"SubnetId": "subnet-a", "SourceNatIpv6Prefixes": ["auto_assigned"]},
        {"SubnetId": "subnet-b", "SourceNatIpv6Prefixes": ["2001:db8::/80"]},
    ]
    edit = {"IpAddressType": "dualstack", "EnablePrefixForIpv6SourceNat": "on", "AvailabilityZones": zones}
    service, said = made({(LOAD_BALANCER, BALANCER): edit})
    assert service is not None
    written = service["metadata"]["annotations"]
    assert written[f"{PREFIX}ip-address-type"] == "dualstack"
    assert written[f"{PREFIX}enable-prefix-for-ipv6-source-nat"] == "on"
    assert written[f"{PREFIX}source-nat-ipv6-prefixes"] == "auto_assigned,auto_assigned"
    assert ("source-nat-prefix-in-use", "AvailabilityZones[1].SourceNatIpv6Prefixes[0]") in said


def test_targets_by_ipv6_need_a_service_of_that_family() -> None:
    both = {(GROUP, arn): {"IpAddressType": "ipv6"} for arn in (AMQP, STATS)}
    service, said = made(both)
    assert service is not None
    assert (service["spec"]["ipFamilyPolicy"], service["spec"]["ipFamilies"]) == ("SingleStack", ["IPv6"])
    assert ("targets-by-ipv6", "IpAddressType") in said


@pytest.mark.parametrize("key", ["AllocationId", "PrivateIPv4Address", "IPv6Address"])
def test_fixed_addresses_stay_with_the_old_balancer(key: str) -> None:
    zones = [{"SubnetId": "subnet-a", "LoadBalancerAddresses": [{key: "x"}]}]
    service, said = made({(LOAD_BALANCER, BALANCER): {"AvailabilityZones": zones}})
    assert service is not None
    assert ("address-held-by-old-balancer", f"AvailabilityZones[0].LoadBalancerAddresses[0].{key}") in said


def test_the_default_certificate_alone_is_not_the_whole_list() -> None:
    service, said = made({("ListenerCertificates", TLS): None})
    assert service is not None
    assert ("certificates-not-read", "Certificates[0].CertificateArn") in said


def test_another_vpc_than_that_of_the_cluster_is_out_of_reach() -> None:
    cluster = {"name": "target", "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/target", "version": "1.34"}
    cluster_document = Document("eks.Cluster", cluster["arn"], cluster | {"resourcesVpcConfig": {"vpcId": "vpc-2"}})
    service, said = made({}, cluster_document, eks_cluster="target")
    assert service is None
    assert ("vpc-of-another-cluster", "VpcId") in said
    same = Document("eks.Cluster", cluster["arn"], cluster | {"resourcesVpcConfig": {"vpcId": "vpc-1"}})
    assert made({}, same, eks_cluster="target")[0] is not None
    assert made({}, cluster_document)[0] is not None


def test_auto_mode_has_a_controller_of_its_own() -> None:
    service, _ = made({}, compute="auto-mode")
    assert service is not None
    assert service["spec"]["loadBalancerClass"] == "eks.amazonaws.com/nlb"


def test_with_the_existing_balancers_no_new_one_is_made() -> None:
    assert made({}, routing="existing-alb")[0] is None


def test_a_balancer_of_others_is_none_of_our_business() -> None:
    edits = {(LISTENER, arn): {"DefaultActions": forward((OTHER, 1))} for arn in (TCP, TLS, BOTH)}
    service, said = made(edits)
    assert service is None
    assert {slug for slug, _ in said} & {"target-group-stays", "listeners-differ"} == set()


def test_names_that_are_taken_get_a_hash() -> None:
    arn = f"{ELB}:loadbalancer/app/mq-eks/1"
    taken = Document(
        "elbv2.LoadBalancer", arn, {"LoadBalancerArn": arn, "LoadBalancerName": "mq-eks", "Type": "application"}
    )
    name = settings({}, taken)["name"]
    assert name != "mq-eks"
    assert name.startswith("mq-eks-")
    service, _ = made({(LOAD_BALANCER, BALANCER): {"LoadBalancerName": "broker"}})
    assert service is not None
    assert service["metadata"]["name"].startswith("broker-")
    long, _ = made({(LOAD_BALANCER, BALANCER): {"LoadBalancerName": "a" * 32}})
    assert long is not None
    assert len(long["metadata"]["annotations"][f"{PREFIX}name"]) <= 32


def test_commas_in_attributes_are_escaped() -> None:
    assert as_map({"a": "1,2", "b": "x\\y", "c": ""}) == "a=1\\,2,b=x\\\\y"
    values = {"Attributes": [{"Key": "tcp.idle_timeout.seconds", "Value": "60,70"}]}
    found = settings({("ListenerAttributes", TCP): values})
    assert found["listener-attributes.TCP-5672"] == "tcp.idle_timeout.seconds=60\\,70"


def test_an_unknown_attribute_is_passed_on_and_told_of() -> None:
    values = {
        "Attributes": [{"Key": "brand.new", "Value": "1"}, {"Key": "preserve_client_ip.enabled", "Value": "true"}]
    }
    service, said = made({("TargetGroupAttributes", STATS): values, ("TargetGroupAttributes", AMQP): values})
    assert service is not None
    assert "brand.new=1" in service["metadata"]["annotations"][f"{PREFIX}target-group-attributes"]
    assert ("attribute-unknown", "Attributes[0].Key") in said
