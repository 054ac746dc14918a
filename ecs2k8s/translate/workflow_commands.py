"""Commands of the AWS CLI for ECS in scripts of workflows, as commands of kubectl. What is not known stays."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ecs2k8s.core.arns import last

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ecs2k8s.resolve.workload import Workload

# What speaks to ECS: the CLI's own commands, and the tools that people use for it.
SPEAKS = re.compile(
    r"\baws\s[^\n|;&]*?\becs\s|\b(?:ecs-deploy|ecs-cli|ecspresso)\b|\becs\s+deploy\b"
    r"|\bcopilot\s+(?:svc|job|task|deploy|pipeline)\b"
)
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
EXPRESSION = re.compile(r"\$\{\{\s*env\.(\w+)\s*\}\}")
OPERATORS = re.compile(r"[|&;<>`]|\$\(")
SWITCHES = {"--force-new-deployment", "--no-cli-pager", "--no-paginate"}
ASIDE = {"--region", "--output", "--query", "--profile", "--no-cli-pager", "--no-paginate"}
OF_TASK = {"--launch-type", "--network-configuration", "--platform-version", "--count", "--started-by"}
UPDATE = {"--cluster", "--service", "--force-new-deployment", "--desired-count"}


class NotUnderstoodError(Exception):
    """The step cannot be rewritten; `why` says it and `line` is what it is about."""

    def __init__(self, why: str, line: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.line = line


@dataclass(frozen=True, slots=True)
class Around:
    """What a step can know: the variables with literal values, the workloads, and which of them are Rollouts."""

    env: Mapping[str, str]
    workloads: tuple[Workload, ...]
    rolled: frozenset[tuple[str, str]] = frozenset()
    outputs: str = ""  # of the job, as text

    def within(self, env: object) -> Around:
        """The same inside a step that has variables of its own."""
        return replace(self, env={**self.env, **literals(env)}) if isinstance(env, dict) else self

    def value(self, text: object) -> str | None:
        """A literal, or a variable that has one; None where only the run knows it."""
        said = EXPRESSION.sub(lambda found: self.env.get(found[1], found[0]), str(text))
        return None if "${{" in said else said.strip()

    def shell(self, text: str) -> str | None:
        """The same for a word of a script."""
        said = self.value(text)
        if said is None:
            return None
        said = VARIABLE.sub(lambda found: self.env.get(found[1] or found[2], found[0]), said)
        return None if "$" in said else said

    def service(self, name: str | None, cluster: str | None) -> Workload:
        """The workload that an ECS service became; its cluster decides where the name stands twice."""
        found = [w for w in self.workloads if name and w.service.get("serviceName") == last(name)]
        if cluster and len(found) > 1:
            found = [workload for workload in found if workload.cluster_name == last(cluster)]
        if len(found) != 1:
            raise NotUnderstoodError(f"the service {name or 'that only the run knows'} is none that was read")
        return found[0]


def literals(env: object) -> dict[str, str]:
    """The variables whose values are known before the run."""
    given = env if isinstance(env, dict) else {}
    return {key: str(value) for key, value in given.items() if "${{" not in str(value)}


def is_rolled(workload: Workload, around: Around) -> bool:
    return (workload.namespace, workload.name) in around.rolled


def reference(workload: Workload) -> str:
    return f"{workload.kind.lower()}/{workload.name}"


def restart(workload: Workload, around: Around) -> str:
    if is_rolled(workload, around):
        return f"kubectl argo rollouts -n {workload.namespace} restart {workload.name}"
    return f"kubectl -n {workload.namespace} rollout restart {reference(workload)}"


def status(workload: Workload, around: Around, minutes: int) -> str:
    if is_rolled(workload, around):
        return f"kubectl argo rollouts -n {workload.namespace} status {workload.name} --timeout {minutes}m"
    return f"kubectl -n {workload.namespace} rollout status {reference(workload)} --timeout={minutes}m"


def script(text: str, around: Around) -> tuple[str, list[Workload]]:
    """*text* with its commands of ECS rewritten, and the workloads that they are about. Raises `NotUnderstoodError`."""
    out: list[str] = []
    about: list[Workload] = []
    for lines in _logical(text):
        joined = " ".join(line.rstrip().removesuffix("\\").strip() for line in lines)
        if joined.lstrip().startswith("#") or not SPEAKS.search(joined):
            out += lines
            continue
        for command, workload in _rewritten(joined.strip(), around):
            out.append(command)
            about.append(workload)
    return "\n".join(out), about


def _logical(text: str) -> Iterator[list[str]]:
    """Lines that a backslash joins, together."""
    held: list[str] = []
    for line in text.split("\n"):
        held.append(line)
        if not line.rstrip().endswith("\\"):
            yield held
            held = []
    if held:
        yield held


def _rewritten(line: str, around: Around) -> Iterator[tuple[str, Workload]]:
    if OPERATORS.search(line):
        raise NotUnderstoodError("the command is part of a larger one", line)
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise NotUnderstoodError("the quotes of the command do not match", line) from error
    verb, options = _options(words, line)
    try:
        yield from _commands(verb, options, around)
    except NotUnderstoodError as error:
        raise NotUnderstoodError(error.why, line) from error


def _options(words: list[str], line: str) -> tuple[str, dict[str, list[str]]]:
    """The verb (`update-service`, `wait services-stable`), and the options with their values."""
    while len(words) > 2 and words[1] in ASIDE:  # noqa: PLR2004 (`aws --region eu-west-1 ecs …`)
        del words[1 : 2 if words[1] in SWITCHES else 3]
    if words[:2] != ["aws", "ecs"]:
        raise NotUnderstoodError("only commands of the AWS CLI are known", line)
    verbs: list[str] = []
    options: dict[str, list[str]] = {}
    for word in words[2:]:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            options[name] = [value] if equals else []
        elif options:
            options[list(options)[-1]].append(word)
        else:
            verbs.append(word)
    return " ".join(verbs), options


def _commands(verb: str, options: dict[str, list[str]], around: Around) -> Iterator[tuple[str, Workload]]:
    cluster = _one(options, "--cluster", around)
    match verb:
        case "update-service":
            _only(options, UPDATE)
            workload = around.service(_one(options, "--service", around), cluster)
            if "--desired-count" in options:
                count = _one(options, "--desired-count", around)
                yield f"{_scale(workload, around)} --replicas={_number(count)}", workload
            if "--force-new-deployment" in options:
                yield restart(workload, around), workload
            elif "--desired-count" not in options:
                raise NotUnderstoodError("it changes nothing that is known here")
        case "wait services-stable":
            _only(options, {"--cluster", "--services"})
            for name in options.get("--services", []):
                workload = around.service(around.shell(name), cluster)
                yield status(workload, around, 10), workload  # the CLI asks 40 times, every 15 seconds
        case "run-task":
            _only(options, {"--cluster", "--task-definition", *OF_TASK})
            yield _task(_one(options, "--task-definition", around), around)
        case _:
            raise NotUnderstoodError(f"nothing is known in place of `aws ecs {verb}`")


def _only(options: dict[str, list[str]], known: set[str]) -> None:
    if more := sorted(options.keys() - known - ASIDE):
        raise NotUnderstoodError(f"nothing is known in place of {', '.join(more)}")


def _one(options: dict[str, list[str]], name: str, around: Around) -> str | None:
    values = options.get(name, [])
    return around.shell(values[0]) if len(values) == 1 else None


def _number(text: str | None) -> int:
    if text is None or not re.fullmatch(r"[0-9]{1,6}", text):
        raise NotUnderstoodError("the number of tasks is not known before the run")
    return int(text)


def _scale(workload: Workload, around: Around) -> str:
    what = f"rollout.argoproj.io/{workload.name}" if is_rolled(workload, around) else reference(workload)
    return f"kubectl -n {workload.namespace} scale {what}"


def _task(definition: str | None, around: Around) -> tuple[str, Workload]:
    """A run of a CronJob by hand; other tasks have no object that can be run again and again."""
    family = last(definition or "").partition(":")[0]
    found = [w for w in around.workloads if w.kind == "CronJob" and w.definition.get("family") == family]
    if len(found) != 1:
        raise NotUnderstoodError("no CronJob has this task definition, and a Job runs only once")
    name = found[0].name
    run = f'{name[:30]}-"$GITHUB_RUN_ID"-"$GITHUB_RUN_ATTEMPT"'
    return f"kubectl -n {found[0].namespace} create job --from=cronjob/{name} {run}", found[0]
