"""delivery/RUNBOOK.md: the commands of every day, made of what was generated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecs2k8s.core.formats import apply_command, diff_command, written
from ecs2k8s.core.manifests import BACKGROUND
from ecs2k8s.report.escape_markdown import code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.assess.translation import Translation
    from ecs2k8s.core.manifests import Manifest
    from ecs2k8s.core.target import Target

HEAD = """# Runbook

Commands for `kubectl`, run in the migration directory. They act on the cluster of the current context: look first with
`kubectl config current-context`.
"""
OWNERS = ("Deployment", "DaemonSet")
TRAFFIC = """What takes traffic or turns something on is no part of a deployment. Each of these is a step of the
cutover, taken once, by a person; `aws/README.md` says what comes before it:
"""
WHILE_ROLLING = """While a rollout of Argo Rollouts runs, do not apply `traffic/` again: the weights stand in an
annotation of the Ingress. The commands below need the plugin `kubectl argo rollouts`.
"""
UNDO = """`kubectl rollout undo` goes back to the last pod template that the cluster knows; the files stay as they are,
so that the next `apply` brings the new one again. Take the change back in the files too.
"""
JOBS = "A Job runs once. To run it again, delete it and apply it again; a suspended one starts when it is resumed."


def runbook(translation: Translation, target: Target) -> dict[str, str]:
    """The one file, whatever the choice `delivery` says."""
    manifests = translation.bundle.manifests
    rollouts = {_place(m) for m in manifests if m["kind"] == "Rollout"}
    parts = [HEAD, *_apply(translation, target), *_everyday(manifests, rollouts), *_instead(manifests, rollouts)]
    return {"delivery/RUNBOOK.md": "\n".join(parts).rstrip() + "\n"}


def _place(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


def _block(*commands: str) -> str:
    return "\n".join(f"    {command}" for command in commands) + "\n"


def _apply(translation: Translation, target: Target) -> Iterator[str]:
    """See, apply, and then each tree that a person applies."""
    trees = sorted({placed.tree for placed in written(translation.bundle, target.format)} - {"manifests"})
    yield "## Deploy\n"
    yield _block(diff_command(target.format, "manifests"), apply_command(target.format, "manifests"))
    if "monitoring" in trees:
        yield "Rules and dashboards:\n"
        yield _block(apply_command(target.format, "monitoring"))
    if held := [tree for tree in trees if tree != "monitoring"]:
        yield TRAFFIC
        held.sort(key=lambda tree: (tree == BACKGROUND, tree))  # consumers after what serves requests
        yield _block(*(apply_command(target.format, tree) for tree in held))


def _everyday(manifests: list[Manifest], rollouts: set[tuple[str, str]]) -> Iterator[str]:
    """For each workload: did it arrive, go back, logs, a shell."""
    yield "## Each workload\n"
    if rollouts:
        yield WHILE_ROLLING
    yield UNDO
    for manifest in manifests:
        if manifest["kind"] in OWNERS:
            yield from _workload(manifest, _place(manifest) in rollouts)


def _workload(manifest: Manifest, rolled: bool) -> Iterator[str]:  # noqa: FBT001 (of one caller)
    space, name = _place(manifest)
    object_of, plugin = f"{manifest['kind'].lower()}/{name}", f"kubectl argo rollouts -n {space}"
    yield f"### {space}/{name}\n"
    if rolled:
        yield _block(*(f"{plugin} {verb} {name}" for verb in ("status", "promote", "abort", "undo")))
    else:
        yield _block(f"kubectl -n {space} rollout status {object_of}", f"kubectl -n {space} rollout undo {object_of}")
    yield _block(
        f"kubectl -n {space} logs -f -l {_selector(manifest)} --all-containers --prefix --tail=100",
        f"kubectl -n {space} get pods -l {_selector(manifest)} -o wide",
    )


def _selector(manifest: Manifest) -> str:
    labels: dict[str, str] = manifest["spec"]["selector"]["matchLabels"]
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _container(manifest: Manifest) -> str:
    template = manifest["spec"]["template"]
    annotated = template["metadata"].get("annotations", {}).get("kubectl.kubernetes.io/default-container")
    return str(annotated or template["spec"]["containers"][0]["name"])


def _instead(manifests: list[Manifest], rollouts: set[tuple[str, str]]) -> Iterator[str]:
    """What to type in place of the commands of ECS."""
    yield "## In place of the commands of ECS\n"
    yield "| On ECS | Here |\n|---|---|"
    for manifest in manifests:
        for ecs, here in _pairs(manifest, rollouts):
            yield f"| {code(ecs)} | {code(here)} |"
    yield ""
    if any(manifest["kind"] == "Job" for manifest in manifests):
        yield JOBS + "\n"


def _pairs(manifest: Manifest, rollouts: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    space, name = _place(manifest)
    kind, kubectl = manifest["kind"].lower(), f"kubectl -n {space}"
    match manifest["kind"]:
        case "Deployment" | "DaemonSet":
            owner = f"{kind}/{name}"
            restart = f"kubectl argo rollouts -n {space} restart {name}"
            rolled = (space, name) in rollouts
            yield (
                f"aws ecs update-service --service {name} --force-new-deployment",
                (restart if rolled else f"{kubectl} rollout restart {owner}"),
            )
            yield f"aws ecs execute-command … (a task of {name})", f"{kubectl} exec -it {_pod(manifest, rolled)} -- sh"
            if kind == "deployment":
                scaled = f"rollout.argoproj.io/{name}" if rolled else owner
                on_ecs = f"aws ecs update-service --service {name} --desired-count N"
                yield on_ecs, f"{kubectl} scale {scaled} --replicas=N"
        case "CronJob":
            yield f"aws ecs run-task … ({name}, now)", f"{kubectl} create job --from=cronjob/{name} {name[:40]}-now"
        case "Job":
            patch = """-p '{"spec":{"suspend":false}}'"""
            yield f"aws ecs run-task … ({name})", f"{kubectl} patch job/{name} {patch}"


def _pod(manifest: Manifest, rolled: bool) -> str:  # noqa: FBT001 (of one caller)
    """`kubectl exec` takes a Deployment, but no Rollout and no container by itself."""
    space, name = _place(manifest)
    container = f"-c {_container(manifest)}"
    if rolled:
        return f'"$(kubectl -n {space} get pods -l {_selector(manifest)} -o name | head -n 1)" {container}'
    return f"{manifest['kind'].lower()}/{name} {container}"
