"""Times whole exports: ledger, reports and files included. Prints figures, judges nothing.

python -m bench.bench                 1,000 and 4,000 services from files, 200 and 1,000 live, the start of `--help`
python -m bench.bench 500 2000        other counts from files
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import live
from ecs2k8s.report.page import html, model
from tests.browser import drive, missing
from tests.review_pages import MANY, translated

LIVE = (200, 1000)
REGION, ACCOUNT = "eu-west-1", "111122223333"
EXPORT = """
import resource, sys, time
start = time.perf_counter()
from ecs2k8s.cli import export
from ecs2k8s.cli.console import Talk
request = export.Request(output=sys.argv[2], sources=(sys.argv[1],))
export.run(request, Talk(0))
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def definition(number: int) -> dict[str, Any]:
    """A task definition of a web service with a proxy, secrets, health checks, logs and a volume."""
    family = f"service-{number}"
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{family}/db-AbCdEf"
    log = {"awslogs-group": f"/ecs/{family}", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"}
    app = {
        "name": "app",
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{family}:{number}",
        "cpu": 384,
        "memory": 768,
        "essential": True,
        "portMappings": [{"name": "http", "containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
        "environment": [{"name": f"SETTING_{i}", "value": f"value {i} of {family}"} for i in range(12)],
        "secrets": [{"name": f"SECRET_{i}", "valueFrom": f"{secret}:key{i}::"} for i in range(4)],
        "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch", "readOnly": False}],
        "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8080/"], "interval": 15, "retries": 3},
        "dependsOn": [{"containerName": "proxy", "condition": "HEALTHY"}],
        "logConfiguration": {"logDriver": "awslogs", "options": log},
        "stopTimeout": 45,
        "user": "1000:1000",
        "readonlyRootFilesystem": True,
    }
    proxy = {
        "name": "proxy",
        "image": "public.ecr.aws/example/proxy:1",
        "cpu": 128,
        "memory": 256,
        "essential": True,
        "healthCheck": {"command": ["CMD", "/ready"], "interval": 5, "timeout": 2, "retries": 3},
        "logConfiguration": {"logDriver": "awslogs", "options": log},
    }
    return {
        "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{family}:7",
        "family": family,
        "revision": 7,
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{family}",
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/execution",
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": [app, proxy],
        "volumes": [{"name": "scratch", "host": {}}],
        "compatibilities": ["EC2", "FARGATE"],
    }


def service(number: int) -> dict[str, Any]:
    name = f"service-{number}"
    vpc = {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}
    group = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/0123456789abcdef"
    return {
        "serviceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/cluster-{number % 20}/{name}",
        "serviceName": name,
        "clusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/cluster-{number % 20}",
        "status": "ACTIVE",
        "desiredCount": 3,
        "runningCount": 3,
        "pendingCount": 0,
        "launchType": "FARGATE",
        "taskDefinition": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}:7",
        "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
        "loadBalancers": [{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
        "networkConfiguration": {"awsvpcConfiguration": vpc},
        "tags": [{"key": "team", "value": f"team-{number % 7}"}, {"key": "cost", "value": "centre 12"}],
        "schedulingStrategy": "REPLICA",
    }


def export(count: int) -> tuple[float, float, int]:
    """Seconds, peak MiB and objects of one export of *count* services."""
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder, "in"), Path(folder, "out")
        source.mkdir()
        for number in range(count):
            Path(source, f"td-{number}.json").write_text(json.dumps({"taskDefinition": definition(number)}))
        services = [service(number) for number in range(count)]
        Path(source, "services.json").write_text(json.dumps({"services": services, "failures": []}))
        command = [sys.executable, "-c", EXPORT, str(source), str(output)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds, peak = done.stdout.split()[-2:]
        files = sum(1 for path in Path(output, "manifests").rglob("*.yaml")) - 1
        return float(seconds), int(peak) / 1024, files


DIFF = """
import sys, time
from copy import deepcopy
from ecs2k8s.collect import files
from ecs2k8s.compare.differ import rows
from ecs2k8s.core.target import Target
from ecs2k8s.pipeline import translate
made = translate(files.read([sys.argv[1]]), Target()).bundle.manifests
one = [made[number % len(made)] for number in range(int(sys.argv[2]))]
others = {"equal": [deepcopy(each) for each in one], "unequal": [deepcopy(each) for each in one]}
for each in others["unequal"]:
    each["metadata"]["labels"] = {**each["metadata"].get("labels", {}), "bench": "changed"}
    if "template" in each.get("spec", {}):
        each["spec"]["template"]["spec"]["containers"][0]["image"] = "other:1"
for name, other in others.items():
    start = time.perf_counter()
    found = sum(len(rows(before, after, before["kind"])) for before, after in zip(one, other, strict=True))
    print(name, time.perf_counter() - start, found)
"""


def diff(objects: int = 3000) -> None:
    """How long two directories of *objects* objects are compared: all equal, and none."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "td.json").write_text(json.dumps({"taskDefinition": definition(1)}))
        Path(folder, "services.json").write_text(json.dumps({"services": [service(1)], "failures": []}))
        command = [sys.executable, "-c", DIFF, folder, str(objects)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        name, seconds, found = line.split()
        print(f"diff of {objects} {name} objects: {float(seconds):.2f} s, {found} rows")


def page() -> None:
    """How long the review page takes to make, how large it is, and how long a browser takes to open it."""
    made, target = translated("many")
    begin = time.perf_counter()
    text = html(model(made, target, ())).encode()
    seconds = time.perf_counter() - begin
    print(f"review page of {MANY} services: made in {seconds:.2f} s, {len(text) / 1e6:.1f} MB", end="")
    if missing():
        print(f", not opened: {missing()}")
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.html").write_bytes(text)
        said = drive([{"path": str(Path(folder, "index.html")), "large": True}])
    print(f", opened in {said[0]['milliseconds']} ms")


def start(*command: str) -> float:
    """The shortest of 10 runs, in seconds."""
    times = []
    for _ in range(10):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    return min(times)


def main(counts: list[int]) -> None:
    print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores (one is used)")
    taken = []
    for count in counts:
        seconds, peak, objects = export(count)
        taken.append(seconds)
        rates = f"{count / seconds:.0f} services/s, {objects / seconds:.0f} objects/s"
        print(f"{count} services: {seconds:.2f} s, {rates}, {objects} objects, peak {peak:.0f} MiB")
    if len(counts) > 1:
        print(f"time({counts[-1]}) / time({counts[0]}) = {taken[-1] / taken[0]:.2f}")
    for count in LIVE:
        live.show(count)
    diff()
    page()
    helped, bare = start("-m", "ecs2k8s", "--help"), start("-c", "pass")
    print(f"ecs2k8s --help: {helped * 1000:.0f} ms, python -c pass: {bare * 1000:.0f} ms, ratio {helped / bare:.1f}")


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1000, 4000])
