"""Rules and default actions of listeners, which share out the requests, and the rule through which EKS is tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.core.errors import PlanError
from ecs2k8s.cutover.plan import Request
from ecs2k8s.cutover.things.elbv2_actions import actions, conditions, sent
from ecs2k8s.cutover.things.kind import Kind, differs_elsewhere, document, tag_list, tags
from ecs2k8s.cutover.things.later import SECRET_VALUE, TEST_HEADER, TEST_RULE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ecs2k8s.cutover.plan import State
    from ecs2k8s.cutover.things.kind import Ask, Documents

TESTED = "ecs2k8s:test-rule"  # the tag that says of which unit a rule is the test rule
BATCH = 20  # ARNs that DescribeTags takes
OF_LISTENER = ("Port", "Protocol", "SslPolicy", "Certificates", "AlpnPolicy", "MutualAuthentication")


def _rule(rule: Mapping[str, Any]) -> State:
    state: dict[str, Any] = {
        "Actions": actions(rule["Actions"]),
        "Conditions": conditions(rule.get("Conditions") or ()),
        "Priority": str(rule["Priority"]),
    }
    return state | ({"Transforms": rule["Transforms"]} if rule.get("Transforms") else {})


def _rule_now(ask: Ask, ident: str) -> State:
    answer = ask("elbv2.DescribeRules", {"RuleArns": [ident]})
    found = [rule for rule in answer["Rules"] if rule["RuleArn"] == ident] if answer else []
    return _rule(found[0]) if found else None


def _modify_rule(ident: str, before: State, wanted: State) -> Request:
    _only(ident, before, wanted, "Actions")
    if before.get("Priority") == "default":
        raise PlanError(f"{ident}: is the default rule: its listener has the actions")
    return Request("elbv2.ModifyRule", {"RuleArn": ident, "Actions": sent(wanted["Actions"])})


def _listener(listener: Mapping[str, Any]) -> State:
    kept = {name: listener[name] for name in OF_LISTENER if listener.get(name)}
    return {"DefaultActions": actions(listener["DefaultActions"]), **kept}


def _listener_now(ask: Ask, ident: str) -> State:
    answer = ask("elbv2.DescribeListeners", {"ListenerArns": [ident]})
    found = [listener for listener in answer["Listeners"] if listener["ListenerArn"] == ident] if answer else []
    return _listener(found[0]) if found else None


def _modify_listener(ident: str, before: State, wanted: State) -> Request:
    _only(ident, before, wanted, "DefaultActions")
    return Request("elbv2.ModifyListener", {"ListenerArn": ident, "DefaultActions": sent(wanted["DefaultActions"])})


def _only(ident: str, before: State, wanted: State, key: str) -> None:
    if before is None or wanted is None:
        raise PlanError(f"{ident}: is neither made nor deleted by a plan")
    if others := differs_elsewhere(before, wanted, key):
        raise PlanError(f"{ident}: a plan changes {key} only, and not {', '.join(others)}")


def test_rule_id(listener: str, name: str) -> str:
    """The id of the test rule of *name*, the value of our tag."""
    return f"{listener}#{name}"


def _test_rule(rules: Iterable[Mapping[str, Any]], tagged: Mapping[str, Mapping[str, str]], name: str) -> State:
    found = [rule for rule in rules if tagged.get(rule["RuleArn"], {}).get(TESTED) == name]
    if found[1:]:
        raise PlanError(f"{name}: has {len(found)} test rules: delete all but one")
    return {**_hidden(_rule(found[0])), "Tags": dict(tagged[found[0]["RuleArn"]])} if found else None


def _hidden(state: State) -> State:
    """Without the value of our header: who knows it is let through to what is still being tested."""
    for condition in state["Conditions"]:
        header = condition.get("HttpHeaderConfig", {})
        if header.get("HttpHeaderName") == TEST_HEADER:
            condition["HttpHeaderConfig"] = {**header, "Values": [SECRET_VALUE]}
    return {**state, "Conditions": conditions(state["Conditions"])}


def _test_rule_then(documents: Documents, ident: str) -> State:
    listener, _, name = ident.rpartition("#")
    document(documents, "elbv2.Listener", listener)
    begin = listener.replace(":listener/", ":listener-rule/") + "/"
    rules = [data for (shape, arn), data in documents.items() if shape == "elbv2.Rule" and arn.startswith(begin)]
    tagged = {arn: tags(data["Tags"]) for (shape, arn), data in documents.items() if shape == "elbv2.Tags"}
    return _test_rule(rules, tagged, name)


def _test_rule_now(ask: Ask, ident: str) -> State:
    listener, _, name = ident.rpartition("#")
    answer = ask("elbv2.DescribeRules", {"ListenerArn": listener})
    rules = answer["Rules"] if answer else []
    arns = [rule["RuleArn"] for rule in rules if not rule.get("IsDefault")]
    tagged: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), BATCH):
        found = ask("elbv2.DescribeTags", {"ResourceArns": arns[start : start + BATCH]})
        tagged |= {each["ResourceArn"]: tags(each["Tags"]) for each in (found or {}).get("TagDescriptions", ())}
    return _test_rule(rules, tagged, name)


def _make_test_rule(ident: str, before: State, wanted: State) -> Request:
    listener, _, name = ident.rpartition("#")
    if before is not None and wanted is None:
        return Request("elbv2.DeleteRule", {"RuleArn": f"{TEST_RULE}{before['Priority']}@{listener}"})
    if before is not None or wanted is None:
        raise PlanError(f"{ident}: a test rule is made and deleted, and never changed")
    if wanted["Tags"].get(TESTED) != name:
        raise PlanError(f"{ident}: a test rule has the tag {TESTED}={name}")
    if any("AuthenticateOidcConfig" in action for action in wanted["Actions"]):
        raise PlanError(f"{ident}: a new rule cannot take over the client secret of another")
    parameters = {
        "ListenerArn": listener,
        "Priority": int(wanted["Priority"]),
        "Conditions": wanted["Conditions"],
        "Actions": sent(wanted["Actions"]),
        "Tags": tag_list(wanted["Tags"]),
    }
    more = {"Transforms": wanted["Transforms"]} if "Transforms" in wanted else {}
    return Request("elbv2.CreateRule", parameters | more)


RULE = Kind(
    "elbv2.rule",
    lambda documents, ident: _rule(document(documents, "elbv2.Rule", ident)),
    _rule_now,
    _modify_rule,
    sets=("Actions",),
)
LISTENER = Kind(
    "elbv2.listener",
    lambda documents, ident: _listener(document(documents, "elbv2.Listener", ident)),
    _listener_now,
    _modify_listener,
    sets=("DefaultActions",),
)
TEST = Kind("elbv2.test-rule", _test_rule_then, _test_rule_now, _make_test_rule)
