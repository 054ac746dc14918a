"""Rules of security groups, by what they allow: a new one has no id yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.kind import Kind, NotInSnapshotError, tag_list, tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

# Groups of addresses by the beginning of their name; the last one is of addresses themselves.
PEERS = (
    ("sg-", "UserIdGroupPairs", "GroupId"),
    ("pl-", "PrefixListIds", "PrefixListId"),
)


def rule_id(group: str, way: Literal["ingress", "egress"], protocol: str, ports: tuple[int, int], peer: str) -> str:
    """The id of a rule; *peer* is a security group, a prefix list or a range of addresses."""
    return f"{group}/{way}/{protocol}/{ports[0]}/{ports[1]}/{peer}"


def _id_of(rule: Mapping[str, Any]) -> str:
    group = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
    peer = group or rule.get("PrefixListId") or rule.get("CidrIpv4") or rule.get("CidrIpv6") or ""
    ports = (rule.get("FromPort", -1), rule.get("ToPort", -1))
    return rule_id(rule["GroupId"], "egress" if rule["IsEgress"] else "ingress", rule["IpProtocol"], ports, peer)


def _state(rules: Iterable[Mapping[str, Any]], ident: str) -> State:
    found = (rule for rule in rules if _id_of(rule) == ident)
    return next(({"Description": r.get("Description", ""), "Tags": tags(r.get("Tags"))} for r in found), None)


def _then(documents: Documents, ident: str) -> State:
    """None for a group that the snapshot has without such a rule."""
    group = ident.partition("/")[0]
    rules = [data for (shape, _), data in documents.items() if shape == "ec2.SecurityGroupRule"]
    groups = {data["GroupId"] for (shape, _), data in documents.items() if shape == "ec2.SecurityGroup"}
    if group not in groups and all(rule["GroupId"] != group for rule in rules):
        raise NotInSnapshotError(f"{group}: the snapshot has no rules of it: export again")
    return _state(rules, ident)


def _now(ask: Ask, ident: str) -> State:
    asked = {"Filters": [{"Name": "group-id", "Values": [ident.partition("/")[0]]}]}
    answer = ask("ec2.DescribeSecurityGroupRules", asked)
    return _state((answer or {}).get("SecurityGroupRules", ()), ident)


def _request(ident: str, before: State, wanted: State) -> Request:
    group, direction, _, _, _, _ = ident.split("/", 5)
    way = direction.capitalize()
    if before is None and wanted is not None:
        tagged = [{"ResourceType": "security-group-rule", "Tags": tag_list(wanted["Tags"])}]
        allowed = [_permission(ident, wanted["Description"])]
        parameters = {"GroupId": group, "IpPermissions": allowed, "TagSpecifications": tagged}
        return Request(f"ec2.AuthorizeSecurityGroup{way}", parameters)
    if before is not None and wanted is None:
        return Request(f"ec2.RevokeSecurityGroup{way}", {"GroupId": group, "IpPermissions": [_permission(ident)]})
    raise PlanError(f"{ident}: a rule is made and deleted, and never changed")


def _permission(ident: str, description: str = "") -> dict[str, Any]:
    _, _, protocol, first, last, peer = ident.split("/", 5)
    addresses = ("Ipv6Ranges", "CidrIpv6") if ":" in peer else ("IpRanges", "CidrIp")
    key, member = next(((key, member) for begin, key, member in PEERS if peer.startswith(begin)), addresses)
    ports = {} if protocol == "-1" else {"FromPort": int(first), "ToPort": int(last)}
    return {
        "IpProtocol": protocol,
        **ports,
        key: [{member: peer, **({"Description": description} if description else {})}],
    }


RULE = Kind("ec2.security-group-rule", _then, _now, _request)
