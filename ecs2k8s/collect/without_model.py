"""Documents of a snapshot that no service model has: each must still be what reading its file would give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.checks import Problem
from ecs2k8s.collect.kinds import kinds
from ecs2k8s.collect.pipeline_files import BUILDSPEC, JENKINSFILE, is_buildspec
from ecs2k8s.collect.price_list import SHAPE as PRICE
from ecs2k8s.collect.workflow import SHAPE as WORKFLOW
from ecs2k8s.collect.workflow import is_workflow

if TYPE_CHECKING:
    from collections.abc import Callable


def strange(shape: str, data: dict[str, Any]) -> list[Problem]:
    """Why a document of a snapshot is not taken, where botocore knows no type to hold it against."""
    if shape in kinds():
        return []
    if shape not in FORMS:
        return [Problem((), "no document has the shape that it names")]
    return [] if FORMS[shape](data) else [Problem((), "is not what was read from its file: read the file again")]


def _is_jenkinsfile(data: dict[str, Any]) -> bool:
    lines = data.get("lines")
    return isinstance(lines, list) and all(isinstance(line, str) for line in lines)


def _is_environment_file(data: dict[str, Any]) -> bool:
    variables = data.get("variables")
    return isinstance(variables, list) and all(map(_is_variable, variables))


def _is_variable(variable: Any) -> bool:
    return isinstance(variable, dict) and all(isinstance(variable.get(key), str) for key in ("name", "value"))


def _is_price(data: dict[str, Any]) -> bool:
    texts = (value for key, value in data.items() if key != "pricePerUnit")
    amounts = data.get("pricePerUnit")
    return isinstance(amounts, dict) and all(isinstance(text, str) for text in (*amounts.values(), *texts))


FORMS: dict[str, Callable[[dict[str, Any]], bool]] = {
    WORKFLOW: is_workflow,
    BUILDSPEC: is_buildspec,
    JENKINSFILE: _is_jenkinsfile,
    PRICE: _is_price,
    "s3.EnvironmentFile": _is_environment_file,
}
