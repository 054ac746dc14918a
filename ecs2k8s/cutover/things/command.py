"""A request as the command that sends it, for a person and a POSIX shell: of the AWS CLI, or of kubectl."""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import TYPE_CHECKING, Any

from ecs2k8s.core.aws_steps import PLAIN, laid_out, pairs
from ecs2k8s.cutover.things.kubectl import kubectl
from ecs2k8s.cutover.things.later import later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.cutover.plan import Request
    from ecs2k8s.cutover.things.later import Later

WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])s?")
TAGS = {"Key", "Value"}
# What the CLI takes for something else than the text itself: a file, an address, an option.
# https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html
ODD = re.compile(r"(?:fileb?|https?)://|-")
Part = str | tuple["Later", str]  # text, or what is known when the command runs


def command(request: Request, region: str = "") -> str:
    """The command; in *region*, or in the one that the person's shell is set to."""
    service, _, operation = request.call.partition(".")
    if service == "kubernetes":
        return kubectl(request)
    where = ["--region", region] if region else []
    options = [word for name, value in request.parameters.items() for word in _option(name, value, region)]
    if any(isinstance(value, str) and ODD.match(value) for value in request.parameters.values()):
        options = ["--cli-input-json", _word(_json(request.parameters), region)]
    return laid_out([service, kebab(operation), *options, *where])


def kebab(name: str) -> str:
    """`TargetGroupArn` and `targetGroupARN` as an option of the CLI has it: `target-group-arn`."""
    return "-".join(WORDS.findall(name)).lower()


def _option(name: str, value: Any, region: str) -> Iterator[str]:
    """The words of one parameter, quoted."""
    option = f"--{kebab(name)}"
    if isinstance(value, bool):
        yield option if value else option.replace("--", "--no-", 1)
        return
    yield option
    if isinstance(value, list) and value and all(isinstance(each, dict) and each.keys() == TAGS for each in value):
        yield from map(quote, pairs({each["Key"]: each["Value"] for each in value}))
    elif isinstance(value, list) and value and all(isinstance(each, str) and _is_plain(each) for each in value):
        yield from map(quote, value)
    elif isinstance(value, dict | list):
        yield _word(_json(value), region)
    else:
        yield _word([later(name, value) or str(value)], region)


def _is_plain(text: str) -> bool:
    return bool(PLAIN.fullmatch(text)) and not ODD.match(text)


def _word(parts: list[Part], region: str) -> str:
    """One word of the shell: text in quotes, and commands that print the rest."""
    merged: list[str] = [""]
    for part in parts:
        if isinstance(part, str):
            merged[-1] += part
        else:
            merged += [f'"$({_printing(*part, region)})"', ""]
    return "".join(text if at % 2 else quote(text) for at, text in enumerate(merged) if text) or "''"


def _printing(known: Later, what: str, region: str) -> str:
    words = known.shell(what)
    return " ".join(quote(word) for word in (*words, *(["--region", region] if region and words[0] == "aws" else [])))


def _json(value: Any, key: str = "") -> list[Part]:
    """JSON in pieces. What is only known when the command runs has no character that JSON would escape."""
    if isinstance(value, dict):
        members = [[json.dumps(name), ":", *_json(its, name)] for name, its in value.items()]
        return ["{", *_between(members), "}"]
    if isinstance(value, list):
        return ["[", *_between([_json(its, key) for its in value]), "]"]
    if found := later(key, value):
        return ['"', found, '"']
    return [json.dumps(value, ensure_ascii=False)]


def _between(items: list[list[Part]]) -> Iterator[Part]:
    for at, item in enumerate(items):
        yield from (",", *item) if at else item
