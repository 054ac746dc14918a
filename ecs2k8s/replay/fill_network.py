"""Makes networks and load balancers from documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.replay.fill import made

if TYPE_CHECKING:
    from ecs2k8s.replay.fill import Filling, Item, Write

ANYWHERE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
SAID = ("GroupId", "IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "PrefixListId")


def _tagged(filling: Filling, data: Item, name: str) -> None:
    """EC2 takes tags in a call of their own; those of AWS itself cannot be given."""
    tags = [tag for tag in data.get("Tags", ()) if not tag["Key"].startswith("aws:")]
    if tags:
        filling.send("ec2.CreateTags", {"Resources": [data[name]], "Tags": tags})


def vpc(filling: Filling, data: Item) -> None:
    made("ec2.Vpc", "ec2.CreateVpc", "Vpc")(filling, data)
    _tagged(filling, data, "VpcId")


def subnet(filling: Filling, data: Item) -> None:
    made("ec2.Subnet", "ec2.CreateSubnet", "Subnet", but=("AvailabilityZoneId", "Ipv6Native"))(filling, data)
    if data.get("MapPublicIpOnLaunch"):
        public = {"SubnetId": data["SubnetId"], "MapPublicIpOnLaunch": {"Value": True}}
        filling.send("ec2.ModifySubnetAttribute", public)
    _tagged(filling, data, "SubnetId")


def prefix_list(filling: Filling, data: Item) -> None:
    entries = filling.first("ec2.PrefixListEntries", PrefixListId=data["PrefixListId"]).get("Entries", [])
    made("ec2.PrefixList", "ec2.CreateManagedPrefixList", "PrefixList")(filling, {**data, "Entries": entries})


def security_group(filling: Filling, data: Item) -> None:
    made("ec2.SecurityGroup", "ec2.CreateSecurityGroup")(filling, data)
    _tagged(filling, data, "GroupId")


def permissions(filling: Filling, data: Item) -> None:
    """When all groups are there. A new group may send anywhere, which is taken away first."""
    filling.send("ec2.RevokeSecurityGroupEgress", {"GroupId": data["GroupId"], "IpPermissions": ANYWHERE})
    for member, way in (("IpPermissions", "Ingress"), ("IpPermissionsEgress", "Egress")):
        if data.get(member):
            given = {"GroupId": data["GroupId"], "IpPermissions": data[member]}
            answer = filling.send(f"ec2.AuthorizeSecurityGroup{way}", given)
            for its in answer.get("SecurityGroupRules", ()):
                _learn_rule(filling, its)


def _learn_rule(filling: Filling, its: Item) -> None:
    for ours in filling.of("ec2.SecurityGroupRule"):
        if _said(filling.ids.to_theirs(ours)) == _said(its):
            filling.learn("ec2.SecurityGroupRule", ours, its)
            if ours.get("Tags"):
                filling.send("ec2.CreateTags", {"Resources": [ours["SecurityGroupRuleId"]], "Tags": ours["Tags"]})


def _said(rule: Item) -> list[Any]:
    """What a rule says, by which it is known again; -1 and no port at all are the same."""
    found = [rule.get(name) for name in SAID]
    return [rule.get("ReferencedGroupInfo", {}).get("GroupId"), *(None if each == -1 else each for each in found)]


def network_interface(filling: Filling, data: Item) -> None:
    groups = [group["GroupId"] for group in data.get("Groups", ())]
    given = {name: data[name] for name in ("Description", "SubnetId", "PrivateIpAddress") if data.get(name)}
    answer = filling.send("ec2.CreateNetworkInterface", {**given, "Groups": groups})
    filling.learn("ec2.NetworkInterface", data, answer.get("NetworkInterface", {}))


def load_balancer(filling: Filling, data: Item) -> None:
    subnets = [zone["SubnetId"] for zone in data.get("AvailabilityZones", ())]
    answer = filling.send("elbv2.CreateLoadBalancer", {**data, "Name": data["LoadBalancerName"], "Subnets": subnets})
    for its in answer.get("LoadBalancers", ()):
        filling.learn("elbv2.LoadBalancer", data, its, "DNSName", "CanonicalHostedZoneId")
        _learn_ends(filling, data["LoadBalancerArn"], its["LoadBalancerArn"])


def target_group(filling: Filling, data: Item) -> None:
    answer = filling.send("elbv2.CreateTargetGroup", {**data, "Name": data["TargetGroupName"]})
    for its in answer.get("TargetGroups", ()):
        filling.learn("elbv2.TargetGroup", data, its)
        _learn_ends(filling, data["TargetGroupArn"], its["TargetGroupArn"])


def _learn_ends(filling: Filling, ours: str, its: str) -> None:
    """Metrics and labels name load balancers and target groups by the end of the ARN."""
    filling.ids.add(*(arn.rpartition(":")[2].removeprefix("loadbalancer/") for arn in (ours, its)))


def listener(filling: Filling, data: Item) -> None:
    """Its default rule comes with it, under an ARN that begins as that of the listener."""
    for its in filling.send("elbv2.CreateListener", data).get("Listeners", ()):
        filling.learn("elbv2.Listener", data, its)
        filling.ids.add(*(arn.rpartition("/")[2] for arn in (data["ListenerArn"], its["ListenerArn"])))


def rule(filling: Filling, data: Item) -> None:
    """Of the two spellings of a condition's values that AWS answers it takes one."""
    if data["IsDefault"]:
        return
    doubled = {True: ("Field", "Values"), False: ("Values",)}
    conditions = [
        {name: value for name, value in each.items() if name not in doubled[False] or set(each) == {*doubled[True]}}
        for each in data["Conditions"]
    ]
    listening = data["RuleArn"].replace(":listener-rule/", ":listener/").rpartition("/")[0]
    given = {**data, "ListenerArn": listening, "Priority": int(data["Priority"]), "Conditions": conditions}
    for its in filling.send("elbv2.CreateRule", given).get("Rules", ()):
        filling.learn("elbv2.Rule", data, its)


def attributes(call: str) -> Write:
    """One by one: an emulator that does not know one of them refuses all that come with it."""

    def write(filling: Filling, data: Item) -> None:
        for each in data["Attributes"]:
            filling.send(call, {**data, "Attributes": [each]})

    return write


def tags(filling: Filling, data: Item) -> None:
    if data["Tags"]:
        filling.send("elbv2.AddTags", {"ResourceArns": [data["ResourceArn"]], "Tags": data["Tags"]})


def certificates(filling: Filling, data: Item) -> None:
    """The default one came with the listener."""
    for each in data["Certificates"]:
        if not each.get("IsDefault"):
            one = [{"CertificateArn": each["CertificateArn"]}]
            filling.send("elbv2.AddListenerCertificates", {"ListenerArn": data["ListenerArn"], "Certificates": one})


def targets(filling: Filling, data: Item) -> None:
    found = [each["Target"] for each in data["TargetHealthDescriptions"]]
    if found:
        filling.send("elbv2.RegisterTargets", {"TargetGroupArn": data["TargetGroupArn"], "Targets": found})
