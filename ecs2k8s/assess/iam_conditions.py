"""The conditions of IAM: operators, keys that are missing, keys that have many values.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from ecs2k8s.assess.globs import glob
from ecs2k8s.core.iam import listed

VARIABLE = re.compile(r"\$\{[^}]*\}")
LITERALS = {"${*}": "*", "${?}": "?", "${$}": "$"}
ARN_PARTS = 6
Compare = Callable[[str, str], bool]  # the value in the policy, the one in the request


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _arn_like(pattern: str, text: str) -> bool:
    """Each of the six parts by itself: a star does not reach over a colon but in the last."""
    one, other = pattern.split(":", ARN_PARTS - 1), text.split(":", ARN_PARTS - 1)
    return len(one) == len(other) and all(glob(p, t) for p, t in zip(one, other, strict=True))


def _in_range(network: str, address: str) -> bool:
    return ip_address(address) in ip_network(network, strict=False)


COMPARE: dict[str, Compare] = {
    "stringequals": lambda policy, given: policy == given,
    "stringequalsignorecase": lambda policy, given: policy.lower() == given.lower(),
    "stringlike": glob,
    "arnequals": _arn_like,
    "arnlike": _arn_like,
    "bool": lambda policy, given: policy.lower() == given.lower(),
    "ipaddress": _in_range,
    "numericequals": lambda policy, given: float(given) == float(policy),
    "numericlessthan": lambda policy, given: float(given) < float(policy),
    "numericlessthanequals": lambda policy, given: float(given) <= float(policy),
    "numericgreaterthan": lambda policy, given: float(given) > float(policy),
    "numericgreaterthanequals": lambda policy, given: float(given) >= float(policy),
}
NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
}


def holds(conditions: Mapping[str, Any], context: Mapping[str, Any]) -> bool | None:
    """Whether all *conditions* of a statement hold; None where an operator or a variable is not known here."""
    given = {key.lower(): [_text(value) for value in listed(values)] for key, values in context.items()}
    found = [
        _holds(operator.lower(), key.lower(), [_text(value) for value in listed(values)], given)
        for operator, keys in conditions.items()
        for key, values in (keys.items() if isinstance(keys, Mapping) else [("", None)])
    ]
    return False if False in found else None if None in found else True


def _holds(operator: str, key: str, wanted: list[str], given: Mapping[str, list[str]]) -> bool | None:
    if operator == "null":
        return (key not in given) == (wanted == ["true"])
    quantifier, _, name = operator.rpartition(":")
    base = name.removesuffix("ifexists")
    negated = base in NEGATED
    compare = COMPARE.get(NEGATED.get(base, base))
    if compare is None or quantifier not in ("", "forallvalues", "foranyvalue"):
        return None
    if key not in given:
        return name != base or quantifier == "forallvalues" or (negated and not quantifier)
    policy = [_filled(value, given) for value in wanted]
    if None in policy:
        return None
    texts = [value for value in policy if value is not None]
    found = [_matches(compare, texts, value, negated=negated) for value in given[key]]
    return any(found) if quantifier != "forallvalues" and (quantifier or not negated) else all(found)


def _matches(compare: Compare, policy: list[str], value: str, *, negated: bool) -> bool:
    try:
        return any(compare(each, value) for each in policy) is not negated
    except ValueError:  # a number or an address that is none matches nothing
        return negated


def _filled(text: str, given: Mapping[str, list[str]]) -> str | None:
    """*text* with its policy variables; None where one is not known or has many values."""
    for variable in VARIABLE.findall(text):
        values = given.get(variable[2:-1].lower(), [])
        value = LITERALS.get(variable) or (values[0] if len(values) == 1 else None)
        if value is None:
            return None
        text = text.replace(variable, value)
    return text
