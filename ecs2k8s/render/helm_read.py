"""A template of ours with its values in place, as Helm would render it. The actions are the few that are ever written.

What people wrote into a template themselves is Helm's business: `rendered` gives none then.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.render.helm_values import ESCAPED, HEAD, literal, takes_values

if TYPE_CHECKING:
    from collections.abc import Callable

STRING = r'"(?:[^"\\]|\\.)*"'
HEADING = re.compile(rf"{re.escape(HEAD)}index \.Values\.workloads ({STRING}) ({STRING}) }}}}\n")
NUMBER = re.compile(r"\$workload((?:\.\w+)+) \| int")
IN_CONTAINER = re.compile(rf"index \$workload\.containers((?: {STRING})+) \| (quote|toJson)")
IMAGE = re.compile(rf'include "[\w-]+\.image" \(index \$workload\.containers ({STRING}) "image"\) \| quote')
PLAIN = re.compile(r"[^ !#-\[\]-~]")  # what a string cannot hold as it is
ACTION = re.compile(rf"\{{\{{ ((?:{STRING}|[^\"{{}}])*) \}}\}}")


def rendered(text: str, values: Any) -> str | None:
    """The text of the object, on the same lines; None where Helm is needed to tell, or a value is missing."""
    if not takes_values(text):
        whole = literal(text)
        return None if "{{" in text.replace(ESCAPED, "") else whole
    head = HEADING.match(text)
    if not head:
        return None
    try:
        workload = values["workloads"][json.loads(head[1])][json.loads(head[2])]
        body = ACTION.sub(lambda action: _value(action[1], workload), text[head.end() :])
    except (KeyError, TypeError, ValueError):
        return None
    return f"#\n{body}"


def _value(action: str, workload: Any) -> str:
    """What an action writes, as JSON, which is YAML. Raises what a missing value raises, and `ValueError`."""
    if found := NUMBER.fullmatch(action):
        return str(int(_at(workload, found[1].split(".")[1:])))
    if found := IN_CONTAINER.fullmatch(action):
        value = _at(workload["containers"], [json.loads(key) for key in re.findall(STRING, found[1])])
        return FORMS[found[2]](value)
    if found := IMAGE.fullmatch(action):
        return _quoted(_image(workload["containers"][json.loads(found[1])]["image"]))
    if action == '"{{"':
        return "{{"
    raise ValueError(action)


def _at(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value[key]
    return value


def _quote(value: Any) -> str:
    """Numbers are left to Helm, which writes large ones in its own way."""
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004 (of what people wrote, not of a caller)
    return _quoted(value)


def _quoted(text: str) -> str:
    """A string of YAML on one line: some characters that JSON leaves as they are end a line there."""
    return '"' + PLAIN.sub(lambda found: f"\\U{ord(found[0]):08x}", text) + '"'


def _image(image: dict[str, Any]) -> str:
    marks = (("", "repository"), (":", "tag"), ("@", "digest"))
    return "".join(f"{mark}{image[key]}" for mark, key in marks if key == "repository" or image.get(key))


FORMS: dict[str, Callable[[Any], str]] = {"quote": _quote, "toJson": json.dumps}
