"""Writes of listeners and their rules: what elbv2 accepts as actions, and how it gives them back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from ecs2k8s.replay import state_health
from ecs2k8s.replay.state import Asked, Item, only, refuse_unless
from ecs2k8s.replay.state_groups import HTTP

if TYPE_CHECKING:
    from ecs2k8s.replay.state import Account

GROUPS, VALUES, RULES, WEIGHTS = 5, 5, 100, range(1000)  # of an action, of a rule, of a load balancer, of a group
PRIORITIES = range(1, 50_001)
ENDS = {"forward", "redirect", "fixed-response"}
BEFORE = {"authenticate-oidc", "authenticate-cognito", "jwt-validation"}
ONCE = {"host-header", "path-pattern", "http-request-method", "source-ip"}
CONFIGS = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}


def modify_rule(account: Account, asked: Asked) -> Item:
    only(asked, "RuleArn", "Actions", "Conditions", "Transforms", "ResetTransforms")
    rule = _rule(account, asked["RuleArn"])
    refuse_unless(
        not rule["IsDefault"], "OperationNotPermitted", f"Default rule '{rule['RuleArn']}' cannot be modified"
    )
    listener = listener_of(account, rule["RuleArn"])
    conditions = _conditions(asked["Conditions"]) if "Conditions" in asked else rule.get("Conditions", [])
    transforms = _transforms(asked) if asked.keys() & {"Transforms", "ResetTransforms"} else rule.get("Transforms")
    if "Actions" in asked:
        rule["Actions"] = _actions(account, listener, asked["Actions"], rule["Actions"])
    rule["Conditions"] = conditions
    if transforms is not None:
        rule["Transforms"] = transforms
    _served(account)
    return {"Rules": [rule]}


def modify_listener(account: Account, asked: Asked) -> Item:
    only(asked, "ListenerArn", "DefaultActions")
    arn = asked["ListenerArn"]
    listener = account.estate.one("elbv2.Listener", "ListenerNotFound", ListenerArn=arn)
    if "DefaultActions" in asked:
        actions = _actions(account, listener, asked["DefaultActions"], listener["DefaultActions"])
        listener["DefaultActions"] = actions
        for rule in rules_of(account, arn):
            if rule["IsDefault"]:
                rule["Actions"] = copy.deepcopy(actions)
    _served(account)
    return {"Listeners": [listener]}


def create_rule(account: Account, asked: Asked) -> Item:
    only(asked, "ListenerArn", "Priority", "Conditions", "Actions", "Tags", "Transforms")
    arn = asked["ListenerArn"]
    listener = account.estate.one("elbv2.Listener", "ListenerNotFound", ListenerArn=arn)
    priority, there = int(asked["Priority"]), rules_of(account, arn)
    refuse_unless(priority in PRIORITIES, "ValidationError", "Priority must be between 1 and 50000")
    taken = str(priority) in {rule["Priority"] for rule in there}
    refuse_unless(not taken, "PriorityInUse", f"Priority '{priority}' is currently in use")
    listeners = account.estate.where("elbv2.Listener", LoadBalancerArn=listener["LoadBalancerArn"])
    count = sum(not rule["IsDefault"] for each in listeners for rule in rules_of(account, each["ListenerArn"]))
    refuse_unless(count < RULES, "TooManyRules", "The maximum number of rules has been reached")
    conditions = _conditions(asked["Conditions"])
    refuse_unless(bool(conditions), "ValidationError", "A rule must have at least one condition")
    actions, transforms = _actions(account, listener, asked["Actions"], []), _transforms(asked)
    own = f"{arn.replace(':listener/', ':listener-rule/')}/{account.new_id()}"
    rule = {"RuleArn": own, "Priority": str(priority), "Conditions": conditions, "Actions": actions, "IsDefault": False}
    rule["Transforms"] = transforms
    account.put("elbv2.Rule", own, rule)
    account.put("elbv2.Tags", own, {"ResourceArn": own, "Tags": list(asked.get("Tags", []))})
    _served(account)
    return {"Rules": [rule]}


def delete_rule(account: Account, asked: Asked) -> Item:
    only(asked, "RuleArn")
    rule = _rule(account, asked["RuleArn"])
    refuse_unless(not rule["IsDefault"], "OperationNotPermitted", f"Default rule '{rule['RuleArn']}' cannot be deleted")
    account.drop("elbv2.Rule", rule["RuleArn"])
    account.drop("elbv2.Tags", rule["RuleArn"])
    _served(account)
    return {}


def _rule(account: Account, arn: str) -> Item:
    return account.estate.one("elbv2.Rule", "RuleNotFound", RuleArn=arn)


def listener_of(account: Account, rule: str) -> Item:
    """A rule's ARN holds that of its listener."""
    arn = rule.replace(":listener-rule/", ":listener/").rpartition("/")[0]
    return account.estate.one("elbv2.Listener", "ListenerNotFound", ListenerArn=arn)


def rules_of(account: Account, listener: str) -> list[Item]:
    """In the order in which they are tried; the default rule is last."""
    begin = listener.replace(":listener/", ":listener-rule/") + "/"
    found = [rule for rule in account.estate.all("elbv2.Rule") if rule["RuleArn"].startswith(begin)]
    return sorted(found, key=lambda rule: (rule["IsDefault"], 0 if rule["IsDefault"] else int(rule["Priority"])))


def describe_rules(account: Account, asked: Asked) -> Item:
    arns, listener = asked.get("RuleArns"), asked.get("ListenerArn")
    one = bool(arns) != bool(listener)
    refuse_unless(one, "ValidationError", "You must specify either listener ARN or rule ARN(s), but not both")
    if arns:
        return {"Rules": [_rule(account, arn) for arn in arns]}
    account.estate.one("elbv2.Listener", "ListenerNotFound", ListenerArn=listener)
    return {"Rules": rules_of(account, str(listener))}


def describe_listeners(account: Account, asked: Asked) -> Item:
    if arns := asked.get("ListenerArns"):
        found = [account.estate.one("elbv2.Listener", "ListenerNotFound", ListenerArn=arn) for arn in arns]
        return {"Listeners": found}
    arn = asked.get("LoadBalancerArn")
    account.estate.one("elbv2.LoadBalancer", "LoadBalancerNotFound", LoadBalancerArn=arn)
    return {"Listeners": account.estate.where("elbv2.Listener", LoadBalancerArn=arn)}


def _actions(account: Account, listener: Item, wanted: list[Item], before: list[Item]) -> list[Item]:
    """The actions as they are kept, after everything that elbv2 looks at."""
    in_order = sorted(wanted, key=lambda action: int(action.get("Order", 1)))
    kinds = [action["Type"] for action in in_order]
    ended = bool(kinds) and kinds[-1] in ENDS and not set(kinds[:-1]) - BEFORE
    words = "An action must end with one of forward, redirect and fixed-response"
    refuse_unless(ended, "InvalidLoadBalancerAction", words)
    orders = [action.get("Order") for action in wanted]
    distinct = len(wanted) == 1 or (None not in orders and len(set(orders)) == len(orders))
    refuse_unless(distinct, "ValidationError", "You must specify a different order for each action")
    return [_action(account, listener, copy.deepcopy(action), before) for action in in_order]


def _action(account: Account, listener: Item, action: Item, before: list[Item]) -> Item:
    if action["Type"] == "authenticate-oidc":
        _secret_kept(action, before)
    if action["Type"] == "forward":
        _forward(account, listener, action)
    return action


def _secret_kept(action: Item, before: list[Item]) -> None:
    """The client's secret is never given back: it comes with the action, or it is that of the action before."""
    config = action["AuthenticateOidcConfig"]
    given = config.pop("ClientSecret", None)
    kept = config.pop("UseExistingClientSecret", False) and any(each["Type"] == action["Type"] for each in before)
    refuse_unless(bool(given) or kept, "ValidationError", "A client secret must be specified")


def _forward(account: Account, listener: Item, action: Item) -> None:
    config = action.setdefault("ForwardConfig", {})
    single = action.pop("TargetGroupArn", None)
    groups = config.setdefault("TargetGroups", [{"TargetGroupArn": single}] if single else [])
    arns = [each["TargetGroupArn"] for each in groups]
    refuse_unless(bool(arns), "ValidationError", "A target group must be specified for a forward action")
    alone = not single or arns == [single]
    refuse_unless(alone, "ValidationError", "TargetGroupArn must be the one target group of ForwardConfig")
    refuse_unless(len(set(arns)) == len(arns), "ValidationError", "A target group may be named once in an action")
    refuse_unless(len(arns) <= GROUPS, "ValidationError", f"An action can have at most {GROUPS} target groups")
    for each in groups:
        each["Weight"] = int(each.get("Weight", 1))
        words = "The weight for each target group must be between 0 and 999, inclusive"
        refuse_unless(each["Weight"] in WEIGHTS, "ValidationError", words)
        _fits(account, listener, each["TargetGroupArn"])
    stick = config.setdefault("TargetGroupStickinessConfig", {"Enabled": False})
    seconds = stick.get("DurationSeconds")
    fine = 1 <= int(seconds) <= 604800 if seconds is not None else not stick.get("Enabled")  # noqa: PLR2004
    refuse_unless(fine, "ValidationError", "Stickiness needs a duration between 1 and 604800 seconds")
    _sticky(account, arns, held=bool(stick.get("Enabled")))
    if len(arns) == 1:
        action["TargetGroupArn"] = arns[0]


def _fits(account: Account, listener: Item, arn: str) -> None:
    """The group is there, speaks the listener's kind of protocol, and serves no other load balancer."""
    group = state_health.group_of(account, arn)
    alike = (listener["Protocol"] in HTTP) == (group.get("Protocol", "HTTP") in HTTP)
    words = f"The protocol of '{arn}' does not go with that of the listener"
    refuse_unless(alike, "IncompatibleProtocols", words)
    others = set(group.get("LoadBalancerArns", ())) - {listener["LoadBalancerArn"]}
    words = f"The following target groups cannot be associated with more than one load balancer: {arn}"
    refuse_unless(not others, "TargetGroupAssociationLimit", words)


def _sticky(account: Account, arns: list[str], *, held: bool) -> None:
    sticks = [arn for arn in arns if state_health.attribute(account, arn, "stickiness.enabled") == "true"]
    words = "You must enable group stickiness on a rule if you enabled target stickiness on one of its target groups"
    refuse_unless(held or len(arns) == 1 or not sticks, "InvalidLoadBalancerAction", words)


def _conditions(wanted: list[Item]) -> list[Item]:
    """As they are kept: hosts and paths under both names."""
    found = copy.deepcopy(wanted)
    fields = [each["Field"] for each in found]
    twice = {field for field in fields if field in ONCE and fields.count(field) > 1}
    refuse_unless(not twice, "ValidationError", f"A rule can only have one condition of {sorted(twice)}")
    for each in found:
        name = CONFIGS.get(each["Field"])
        if name and "RegexValues" not in each.get(name, {}):
            values = each.get(name, {}).get("Values") or each.get("Values", [])
            each |= {"Values": values, name: {"Values": values, **each.get(name, {})}}
    count = sum(map(_values, found))
    refuse_unless(count <= VALUES, "ValidationError", f"A rule can have at most '{VALUES}' condition values.")
    return found


def _transforms(asked: Asked) -> list[Item]:
    """One that rewrites the host and one that rewrites the path, at most."""
    found: list[Item] = copy.deepcopy(asked.get("Transforms", []))
    refuse_unless(
        not (found and asked.get("ResetTransforms")), "ValidationError", "Transforms are set or reset, not both"
    )
    kinds = [each["Type"] for each in found]
    fine = len(set(kinds)) == len(kinds) and set(kinds) <= {"host-header-rewrite", "url-rewrite"}
    refuse_unless(fine, "ValidationError", f"Transforms of the types {kinds} do not go together")
    return found


def _values(condition: Item) -> int:
    configs = [each for name, each in condition.items() if name.endswith("Config")]
    lists = [config.get("Values") or config.get("RegexValues", []) for config in configs] or [
        condition.get("Values", [])
    ]
    return max(map(len, lists))


def _served(account: Account) -> None:
    """Which load balancer each group serves now, and whose targets are checked from now on."""
    before = set(state_health.targets(account).used)
    state_health.actions_changed(account)
    now = state_health.targets(account).used
    for group in account.estate.all("elbv2.TargetGroup"):
        arn = group["TargetGroupArn"]
        if arn in now and arn not in before:
            group["LoadBalancerArns"] = [_balancer_of(account, arn)]
        elif arn in before and arn not in now:
            group["LoadBalancerArns"] = []


def _balancer_of(account: Account, group: str) -> str:
    for listener in account.estate.all("elbv2.Listener"):
        arn = listener["ListenerArn"]
        lists = [listener.get("DefaultActions", []), *(rule["Actions"] for rule in rules_of(account, arn))]
        if any(group == each for actions in lists for each, _ in state_health.forwards(actions)):
            return str(listener["LoadBalancerArn"])
    raise LookupError(f"{group} is in no action")
