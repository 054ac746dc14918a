"""The steps of one job of a workflow: those that deploy to ECS become steps that deploy to EKS, all others stay."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecs2k8s.core import names
from ecs2k8s.translate.workflow_commands import SPEAKS, NotUnderstoodError, reference, script, status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.workflow_commands import Around

Step = dict[str, Any]

DEPLOY = "aws-actions/amazon-ecs-deploy-task-definition"
RENDER = "aws-actions/amazon-ecs-render-task-definition"
OTHER_ACTION = re.compile(r"(^|[/_-])(ecs|codedeploy)([@/_-]|$)", re.IGNORECASE)
OUTPUT = re.compile(r"\$\{\{\s*steps\.([\w-]+)\.outputs\.task-definition\s*\}\}")
KEPT = ("name", "id", "if", "continue-on-error", "timeout-minutes")  # of a step that is replaced
RENDERED = {"task-definition", "container-name", "image"}
OF_DEPLOY = {"task-definition", "service", "cluster", "wait-for-service-stability", "wait-for-minutes"}
WITHOUT_MEANING = {"propagate-tags", "enable-ecs-managed-tags", "keep-null-value-fields", "max-retries"}
OF_CODEDEPLOY = "codedeploy-"
CREDENTIALS = "Credentials of the cluster"


@dataclass(slots=True)
class Rewritten:
    """What became of the steps. All maps are by the step's number in the input."""

    steps: list[Step] = field(default_factory=list)
    replaced: dict[int, list[Workload]] = field(default_factory=dict)
    dropped: dict[int, list[str]] = field(default_factory=dict)  # with the inputs that are carried by nothing
    left: dict[int, NotUnderstoodError] = field(default_factory=dict)


def rewritten(steps: list[Step], around: Around, cluster: str) -> Rewritten:
    """*steps* for EKS. *cluster* is the name of the EKS cluster, or the expression that gives it."""
    found = Rewritten()
    new: dict[int, Step] = {}
    for number in range(len(steps)):
        try:
            made = _made(number, steps, around.within(steps[number].get("env")), found)
        except NotUnderstoodError as error:
            found.left[number] = error
            continue
        if made is not None:
            new[number] = made
    _leave_unused_renders(steps, found)
    ready: set[object] = set()  # conditions under which the credentials are there
    for number, step in enumerate(steps):
        if number in new and not ready & {None, new[number].get("if")}:
            found.steps.append(_credentials(cluster, new[number]))
            ready.add(new[number].get("if"))
        if number in new:
            found.steps.append(new[number])
        elif number not in found.dropped:
            found.steps.append(step)
    return found


def _made(number: int, steps: list[Step], around: Around, found: Rewritten) -> Step | None:
    """The step in place of one that deploys; None where it stays, or is a rendering that a later one may take."""
    step, uses = steps[number], str(steps[number].get("uses", ""))
    action = uses.partition("@")[0].lower()
    if action == DEPLOY:
        return _deploy(number, steps, around, found)
    if action == RENDER:
        return None
    if OTHER_ACTION.search(action):
        raise NotUnderstoodError("this action is not known", uses)
    text = step.get("run")
    if not isinstance(text, str) or not SPEAKS.search(text):
        return None
    run, about = script(text, around)
    if not about:
        return None  # a comment
    found.replaced[number] = about
    return step | {"run": run}


def _deploy(number: int, steps: list[Step], around: Around, found: Rewritten) -> Step:
    step = steps[number]
    given: Mapping[str, Any] = step.get("with") or {}
    _refuse_inputs(given)
    _refuse_read_outputs(number, steps, set(), around)
    workload = around.service(
        around.value(given["service"]) if "service" in given else None,
        around.value(given["cluster"]) if "cluster" in given else None,
    )
    images, renders = _images(str(given.get("task-definition", "")), steps, around)
    for each in renders:
        _refuse_read_outputs(each, steps, {number, *renders}, around)
    own = _container_names(workload)
    if unknown := sorted(images.keys() - own.keys()):
        raise NotUnderstoodError(f"its task definition has no container {', '.join(unknown)}")
    variables = {f"IMAGE_{index}" if index else "IMAGE": name for index, name in enumerate(images)}
    sets = " ".join(f'{own[name]}="${variable}"' for variable, name in variables.items())
    lines = [f"kubectl -n {workload.namespace} set image {reference(workload)} {sets}"]
    if around.value(given.get("wait-for-service-stability", "")) in ("true", "True"):
        lines.append(status(workload, around, _minutes(given, around)))
    found.replaced[number] = [workload]
    for each in renders:
        found.dropped[each] = sorted((steps[each].get("with") or {}).keys() - RENDERED)
    kept = {key: step[key] for key in KEPT if key in step}
    env = (step.get("env") or {}) | {variable: images[name] for variable, name in variables.items()}
    return kept | {"env": env, "run": "\n".join(lines) + "\n"}


def _minutes(given: Mapping[str, Any], around: Around) -> int:
    """The action waits for 30 minutes where nothing is said."""
    said = around.value(given.get("wait-for-minutes", 30)) or ""
    return int(said) if re.fullmatch(r"[0-9]{1,4}", said) else 30


def _refuse_inputs(given: Mapping[str, Any]) -> None:
    known = OF_DEPLOY | WITHOUT_MEANING
    if more := sorted(key for key in given if key not in known and not key.startswith(OF_CODEDEPLOY)):
        raise NotUnderstoodError(f"nothing is known in place of {', '.join(more)}")


def _refuse_read_outputs(number: int, steps: list[Step], readers: set[int], around: Around) -> None:
    """A step that is gone gives no outputs: nothing but *readers* may want them."""
    ident = steps[number].get("id")
    if ident and f"steps.{ident}.outputs" in around.outputs:
        raise NotUnderstoodError("the job gives its outputs to others")
    for other, step in enumerate(steps):
        if ident and other not in readers and other != number and f"steps.{ident}.outputs" in json.dumps(step):
            raise NotUnderstoodError(f"a later step reads its outputs (steps[{other}])")


def _images(text: str, steps: list[Step], around: Around) -> tuple[dict[str, Any], list[int]]:
    """Container to image, as the renderings before it set them, and the numbers of those steps."""
    images: dict[str, Any] = {}
    renders: list[int] = []
    while output := OUTPUT.fullmatch(text.strip()):
        wanted = (n for n, step in enumerate(steps) if step.get("id") == output[1] and n not in renders)
        number = next(wanted, None)
        if number is None or str(steps[number].get("uses", "")).partition("@")[0].lower() != RENDER:
            raise NotUnderstoodError(f"its task definition comes from steps.{output[1]}, which renders none")
        given: Mapping[str, Any] = steps[number].get("with") or {}
        container = around.value(given.get("container-name", ""))
        if not container or "image" not in given:
            raise NotUnderstoodError("which container gets the image is not known before the run")
        images.setdefault(container, given["image"])
        renders.append(number)
        text = str(given.get("task-definition", ""))
    if not images:
        raise NotUnderstoodError("which image it deploys stands in a file, and no step before it says it")
    return dict(sorted(images.items())), renders


def _container_names(workload: Workload) -> dict[str, str]:
    """ECS's name of each container to its name in the pod."""
    return dict(names.unique(str(container["name"]) for container in workload.containers))


def _leave_unused_renders(steps: list[Step], found: Rewritten) -> None:
    for number, step in enumerate(steps):
        uses = str(step.get("uses", ""))
        if uses.partition("@")[0].lower() == RENDER and number not in found.dropped:
            found.left[number] = NotUnderstoodError("no step that was rewritten deploys what it renders", uses)


def _credentials(cluster: str, following: Step) -> Step:
    """Before the first command of kubectl, and only where that runs."""
    condition = {"if": following["if"]} if "if" in following else {}
    run = 'aws eks update-kubeconfig --name "$EKS_CLUSTER"'
    return {"name": CREDENTIALS, **condition, "env": {"EKS_CLUSTER": cluster}, "run": run}
