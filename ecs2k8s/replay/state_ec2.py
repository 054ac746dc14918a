"""Rules of security groups, as rules with ids and, the same once more, as permissions of the group."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Literal

from ecs2k8s.replay.state import Asked, Item, NotModelledError, only, refuse_unless
from ecs2k8s.replay.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecs2k8s.replay.state import Account

RULES = 60  # of a group in one direction; https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
SHAPE = "ec2.SecurityGroupRule"
PORTS = ("IpProtocol", "FromPort", "ToPort")
# The list of a permission that has the peer, its member there, and how a rule calls it.
PEERS = (
    ("IpRanges", "CidrIp", "CidrIpv4"),
    ("Ipv6Ranges", "CidrIpv6", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId", "ReferencedGroupInfo"),
)
Direction = Literal["IpPermissions", "IpPermissionsEgress"]


def authorize(direction: Direction) -> Callable[[Account, Asked], Item]:
    """All of the permissions or, where one of them is there already, none."""

    def write(account: Account, asked: Asked) -> Item:
        only(asked, "GroupId", "IpPermissions", "TagSpecifications")
        group = _group(account, asked["GroupId"])
        new = [_rule(account, group, each, direction) for each in _single(asked["IpPermissions"])]
        there = _rules(account, group, direction)
        for at, rule in enumerate(new):
            words = "the specified rule already exists"
            refuse_unless(
                not any(_same(rule, each) for each in (*there, *new[:at])), "InvalidPermission.Duplicate", words
            )
        few = len(there) + len(new) <= RULES
        refuse_unless(few, "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules has been reached.")
        for rule in new:
            rule["Tags"] = _tags(asked)
            account.put(SHAPE, rule["SecurityGroupRuleArn"], rule)
            _permit(group, rule, direction)
        return {"Return": True, "SecurityGroupRules": new}

    return write


def revoke(direction: Direction) -> Callable[[Account, Asked], Item]:
    """By ids of rules, or by permissions that are exactly those of rules."""

    def write(account: Account, asked: Asked) -> Item:
        only(asked, "GroupId", "IpPermissions", "SecurityGroupRuleIds")
        group = _group(account, asked["GroupId"])
        there = _rules(account, group, direction)
        if ids := asked.get("SecurityGroupRuleIds"):
            gone = [_by_id(there, ident) for ident in ids]
        else:
            gone = [_alike(account, group, there, each, direction) for each in _single(asked["IpPermissions"])]
        for rule in gone:
            account.remove(SHAPE, rule)
            _forbid(group, rule, direction)
        revoked = [
            {key: value for key, value in rule.items() if key not in {"Tags", "SecurityGroupRuleArn"}} for rule in gone
        ]
        return {"Return": True, "RevokedSecurityGroupRules": revoked}

    return write


def _group(account: Account, ident: str) -> Item:
    return account.estate.one("ec2.SecurityGroup", "InvalidGroup.NotFound", GroupId=ident)


def _rules(account: Account, group: Item, direction: Direction) -> list[Item]:
    """The group's rules; where the documents have only permissions, those as rules that are not kept."""
    egress = direction == "IpPermissionsEgress"
    found = [each for each in account.estate.where(SHAPE, GroupId=group["GroupId"]) if each["IsEgress"] == egress]
    made = [_rule(account, group, each, direction) for each in _single(group.get(direction, []))]
    return found + [rule for rule in made if not any(_same(rule, each) for each in found)]


def _single(permissions: list[Item]) -> Iterator[Item]:
    """Permissions with one peer each."""
    for permission in permissions:
        for name, _, _ in PEERS:
            for peer in permission.get(name, ()):
                yield {key: permission[key] for key in PORTS if key in permission} | {name: [peer]}


def _rule(account: Account, group: Item, permission: Item, direction: Direction) -> Item:
    ident = f"sgr-{account.new_id(17)}"
    protocol = str(permission["IpProtocol"])
    ends = (-1, -1) if protocol == "-1" else (permission.get("FromPort", -1), permission.get("ToPort", -1))
    if protocol in {"tcp", "udp"}:
        fine = 0 <= ends[0] <= ends[1] <= 65535  # noqa: PLR2004
        refuse_unless(fine, "InvalidParameterValue", f"Invalid value for portRange: {ends[0]}-{ends[1]}")
    name, member, own = next(each for each in PEERS if each[0] in permission)
    peer = permission[name][0]
    if member.startswith("Cidr"):
        _network(peer[member])
    value = peer[member] if name != "UserIdGroupPairs" else _reference(account, peer)
    described = {"Description": peer["Description"]} if "Description" in peer else {}
    return {
        "SecurityGroupRuleId": ident,
        "GroupId": group["GroupId"],
        "GroupOwnerId": account.estate.account,
        "IsEgress": direction == "IpPermissionsEgress",
        "IpProtocol": protocol,
        "FromPort": ends[0],
        "ToPort": ends[1],
        own: value,
        **described,
        "Tags": [],
        "SecurityGroupRuleArn": account.arn("ec2", f"security-group-rule/{ident}"),
    }


def _network(text: str) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise Refusal("InvalidParameterValue", f"CIDR block {text} is malformed") from None


def _reference(account: Account, peer: Item) -> Item:
    owner = peer.get("UserId", account.estate.account)
    if owner == account.estate.account:
        _group(account, peer["GroupId"])
    return {"GroupId": peer["GroupId"], "UserId": owner}


def _same(one: Item, other: Item) -> bool:
    """A description and tags make no other rule of it."""
    keys = ("GroupId", "IsEgress", *PORTS, *(own for _, _, own in PEERS if own != "ReferencedGroupInfo"))
    groups = [each.get("ReferencedGroupInfo", {}).get("GroupId") for each in (one, other)]
    return all(one.get(key) == other.get(key) for key in keys) and groups[0] == groups[1]


def _tags(asked: Asked) -> list[Item]:
    return [
        tag
        for each in asked.get("TagSpecifications", ())
        if each["ResourceType"] == "security-group-rule"
        for tag in each["Tags"]
    ]


def _by_id(rules: list[Item], ident: str) -> Item:
    for rule in rules:
        if rule["SecurityGroupRuleId"] == ident:
            return rule
    raise Refusal("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{ident}' does not exist")


def _alike(account: Account, group: Item, rules: list[Item], permission: Item, direction: Direction) -> Item:
    wanted = _rule(account, group, permission, direction)
    for rule in rules:
        if _same(rule, wanted):
            return rule
    words = "The specified rule does not exist in this security group."
    raise Refusal("InvalidPermission.NotFound", words)


def _shown(rule: Item) -> tuple[Item, str, Item]:
    """Protocol and ports, the list of the permission, and the peer in it, as the group shows them."""
    name, member, own = next(each for each in PEERS if each[2] in rule)
    ports = {"IpProtocol": rule["IpProtocol"]}
    if rule["IpProtocol"] != "-1":
        ports |= {"FromPort": rule["FromPort"], "ToPort": rule["ToPort"]}
    peer = dict(rule[own]) if name == "UserIdGroupPairs" else {member: rule[own]}
    return ports, name, peer | ({"Description": rule["Description"]} if "Description" in rule else {})


def _permit(group: Item, rule: Item, direction: Direction) -> None:
    ports, name, peer = _shown(rule)
    for permission in group.setdefault(direction, []):
        if {key: permission[key] for key in PORTS if key in permission} == ports:
            permission.setdefault(name, []).append(peer)
            return
    group[direction].append({**ports, **{each: [] for each, _, _ in PEERS}, name: [peer]})


def _forbid(group: Item, rule: Item, direction: Direction) -> None:
    ports, name, peer = _shown(rule)
    member = next(each for list_name, each, _ in PEERS if list_name == name)
    for permission in group.get(direction, []):
        if {key: permission[key] for key in PORTS if key in permission} == ports:
            permission[name] = [each for each in permission.get(name, []) if each[member] != peer[member]]
    group[direction] = [
        each for each in group.get(direction, []) if any(each.get(list_name) for list_name, _, _ in PEERS)
    ]


def describe_rules(account: Account, asked: Asked) -> Item:
    """By group, by id and by tag."""
    only(asked, "Filters", "SecurityGroupRuleIds", "MaxResults", "NextToken")
    found = account.estate.all(SHAPE)
    if ids := asked.get("SecurityGroupRuleIds"):
        return {"SecurityGroupRules": [_by_id(found, ident) for ident in ids]}
    for each in asked.get("Filters", ()):
        found = [rule for rule in found if _filtered(rule, each["Name"], each["Values"])]
    return {"SecurityGroupRules": found}


def _filtered(rule: Item, name: str, values: list[str]) -> bool:
    if name.startswith("tag:"):
        tags = {tag["Key"]: tag["Value"] for tag in rule.get("Tags", ())}
        return tags.get(name.removeprefix("tag:")) in values
    keys = {"group-id": "GroupId", "security-group-rule-id": "SecurityGroupRuleId"}
    if name not in keys:
        raise NotModelledError(f"not modelled: the filter {name}")
    return rule[keys[name]] in values
