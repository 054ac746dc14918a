"""The commands as people run them: their exit codes, stdout and stderr."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ecs2k8s import cli
from ecs2k8s.cli import console

ROOT = Path(__file__).parent.parent
DEFINITION = {
    "family": "web",
    "containerDefinitions": [{"name": "c", "image": "c:1", "portMappings": [{"containerPort": 8080}]}],
}


def ecs2k8s(
    *args: str, stdin: bytes = b"", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """The command as it is typed: in this process, which has imported all, unless it wants another environment."""
    if environment:
        return started(*args, stdin=stdin, cwd=cwd, **environment)
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["ecs2k8s", *args])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(console, "_leave", sys.exit)  # which ends a process that has threads, as that of tests
        patch.chdir(cwd or Path.cwd())
        with pytest.raises(SystemExit) as left:
            cli.main()
    said = [stream.detach().getvalue() for stream in (out, err)]
    assert isinstance(left.value.code, int)
    return subprocess.CompletedProcess(args, left.value.code, *said)


def started(
    *args: str, stdin: bytes = b"", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """A process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "ecs2k8s", *args],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        check=False,
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "td.json"
    path.write_text(json.dumps(DEFINITION))
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("args", [("nonsense",), ("export", "--from", "td.json"), ("coverage", "out")])
def test_a_process_of_its_own_says_the_same(args: tuple[str, ...], source: Path, tmp_path: Path) -> None:
    if args[-1] == "out":
        ecs2k8s("export", "--from", str(source), "-o", str(tmp_path / "out"))
    one, two = (run(*args, cwd=tmp_path) for run in (started, ecs2k8s))
    assert (one.returncode, one.stdout) == (two.returncode, two.stdout)
    names = re.compile(rb"python -m (pytest\.)?ecs2k8s")  # what runs the second is pytest
    assert names.sub(b"ecs2k8s", one.stderr) == names.sub(b"ecs2k8s", two.stderr)


def test_export_writes_a_directory_and_exits_with_0(source: Path, tmp_path: Path) -> None:
    done = ecs2k8s("export", "--from", str(source), "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "manifests" / "default" / "web" / "deployment.yaml").is_file()
    assert (tmp_path / "out" / "snapshot.json").stat().st_mode & 0o777 == 0o600
    assert b"next:" in done.stdout


def test_json_format_is_one_document_on_stdout(source: Path, tmp_path: Path) -> None:
    done = ecs2k8s("export", "--from", str(source), "-o", str(tmp_path / "out"), "--format", "json")
    assert json.loads(done.stdout)["workloads"] == 1


def test_standard_input_is_read(tmp_path: Path) -> None:
    done = ecs2k8s("export", "--from", "-", "-o", "out", stdin=json.dumps(DEFINITION).encode(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_snapshot_gives_the_same_files_again(source: Path, tmp_path: Path) -> None:
    ecs2k8s("export", "--from", str(source), "-o", str(tmp_path / "one"))
    done = ecs2k8s("export", "--from", str(tmp_path / "one" / "snapshot.json"), "-o", str(tmp_path / "two"))
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_hash_seed_locale_time_zone_file_names_and_order_do_not_matter(tmp_path: Path) -> None:
    sample = ROOT / "samples" / "microservices"
    one, two = tmp_path / "a", tmp_path / "b"
    one.mkdir()
    two.mkdir()
    for number, file in enumerate(sorted(sample.glob("*.json"))):
        (one / f"{number:03}.json").write_bytes(file.read_bytes())
        (two / f"{999 - number:03}-x.json").write_bytes(file.read_bytes())
    first = ecs2k8s("export", "--from", str(one), "-o", str(tmp_path / "o1"), PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    second = ecs2k8s(
        *("export", "--from", str(two), "-o", str(tmp_path / "o2")),
        PYTHONHASHSEED="77",
        TZ="Asia/Tokyo",
        LC_ALL="C.UTF-8",
    )
    assert (first.returncode, second.returncode) == (0, 0), (first.stderr, second.stderr)
    left, right = tree(tmp_path / "o1"), tree(tmp_path / "o2")
    snapshots = [json.loads(found.pop("snapshot.json")) for found in (left, right)]
    for snapshot in snapshots:
        assert snapshot.pop("taken")
    assert left == right
    assert snapshots[0] == snapshots[1]


def test_an_edited_file_is_kept_and_named(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ecs2k8s("export", "--from", str(source), "-o", str(out))
    deployment = out / "manifests" / "default" / "web" / "deployment.yaml"
    deployment.write_text(deployment.read_text() + "# mine\n")
    done = ecs2k8s("export", "--from", str(source), "-o", str(out), "--set", "kubernetes_version=1.36")
    assert done.returncode == 0
    assert deployment.read_text().endswith("# mine\n")
    assert b"deployment.yaml: edited by hand" in done.stderr


def test_a_file_that_is_no_longer_generated_goes(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ecs2k8s("export", "--from", str(source), "-o", str(out))
    source.write_text(json.dumps(DEFINITION | {"family": "other"}))
    ecs2k8s("export", "--from", str(source), "-o", str(out))
    assert not (out / "manifests" / "default" / "web").exists()
    assert (out / "manifests" / "default" / "other").is_dir()


def test_a_foreign_directory_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    done = ecs2k8s("export", "--from", str(source), "-o", str(tmp_path / "mine"))
    assert done.returncode == 1
    assert b"no migration directory" in done.stderr
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_target_yaml_is_never_overwritten(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ecs2k8s("export", "--from", str(source), "-o", str(out))
    (out / "target.yaml").write_text("region: eu-west-1\n")
    ecs2k8s("export", "--from", str(source), "-o", str(out))
    assert (out / "target.yaml").read_text() == "region: eu-west-1\n"
    assert "AWS_REGION" in (out / "manifests/default/web/deployment.yaml").read_text()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["export"], "--from"),
        (["export", "--from", "nowhere.json"], "nowhere.json"),
        (["export", "--from", "SOURCE", "--set", "nonsense=1"], "nonsense"),
        (["export", "--from", "SOURCE", "--set", "kubernetes_version=1.20"], "1.20"),
        (["export", "--from", "SOURCE", "--target", "no.yaml"], "no.yaml"),
        (["export", "--nonsense"], "nonsense"),
        (["coverage", "nowhere"], "nowhere"),
        (["explain", "no.such.thing"], "no.such.thing"),
        (["nonsense"], "nonsense"),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_exit_1(
    args: list[str], said: str, source: Path, tmp_path: Path
) -> None:
    done = ecs2k8s(*[str(source) if arg == "SOURCE" else arg for arg in args], cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert not (tmp_path / "migration").exists()


def test_a_rejected_document_is_named_and_exits_with_5(source: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"family": "x", "containerDefinitions": [{"name": "c", "image": "i", "cpu": "abc"}]}')
    args = ["export", "--from", str(source), "--from", str(bad), "-o", str(tmp_path / "out")]
    done = ecs2k8s(*args)
    assert done.returncode == 5
    assert "containerDefinitions[0].cpu: expected an integer" in done.stderr.decode()
    assert ecs2k8s(*args, "--allow-partial").returncode == 0
    listed = json.loads((tmp_path / "out" / "report" / "findings.json").read_bytes())
    assert "rejected-document" in {finding["slug"] for finding in listed}


def test_an_error_is_said_last_and_strict_exits_with_3(tmp_path: Path) -> None:
    file = tmp_path / "td.json"
    file.write_text(
        json.dumps({"family": "x", "containerDefinitions": [{"name": "c", "image": "i", "user": "www-data"}]})
    )
    done = ecs2k8s("export", "--from", str(file), "-o", str(tmp_path / "out"))
    assert done.returncode == 0
    assert "1 errors: do not apply before" in done.stderr.decode().splitlines()[-1]
    assert ecs2k8s("export", "--from", str(file), "-o", str(tmp_path / "out"), "--strict").returncode == 3


def test_an_interrupted_export_is_said_by_coverage_and_mended_by_the_next_run(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ecs2k8s("export", "--from", str(source), "-o", str(out))
    (out / "report" / "ledger.json").rename(out / "report" / "ledger.json.next")
    done = ecs2k8s("coverage", str(out))
    assert done.returncode == 1
    assert b"interrupted export, run it again" in done.stderr
    assert ecs2k8s("export", "--from", str(source), "-o", str(out)).returncode == 0
    assert ecs2k8s("coverage", str(out)).returncode == 0


def test_redact_keeps_a_secret_out_of_every_file(tmp_path: Path) -> None:
    value = "Tr0ub4dor-and-3"
    file = tmp_path / "td.json"
    environment = [{"name": "DB_PASSWORD", "value": value}, {"name": "LEVEL", "value": "info"}]
    file.write_text(
        json.dumps({"family": "x", "containerDefinitions": [{"name": "c", "image": "i", "environment": environment}]})
    )
    plain = ecs2k8s("export", "--from", str(file), "-o", str(tmp_path / "plain"))
    assert plain.returncode == 0
    findings = (tmp_path / "plain" / "report" / "findings.json").read_text()
    assert "plain-secret" in findings
    assert value not in findings
    done = ecs2k8s("export", "--from", str(file), "-o", str(tmp_path / "out"), "--redact")
    assert done.returncode == 0
    for path, data in tree(tmp_path / "out").items():
        assert value.encode() not in data, path
    assert "secretKeyRef" in (tmp_path / "out" / "manifests/default/x/deployment.yaml").read_text()


def test_names_that_try_to_leave_the_directory_stay_inside(tmp_path: Path) -> None:
    file = tmp_path / "td.json"
    file.write_text(json.dumps(DEFINITION | {"family": "../../../etc/passwd\u202e\x1b[31m"}))
    done = ecs2k8s("export", "--from", str(file), "-o", str(tmp_path / "a" / "out"))
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stderr + done.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "td.json"]


def test_explain_tells_what_happens_why_and_what_to_do() -> None:
    text = ecs2k8s("explain", "containerDefinitions[].ulimits").stdout.decode()
    assert "containerDefinitions[].ulimits[].softLimit" in text
    assert "verdict: manual" in text
    assert "why:" in text
    assert "do:" in text


def test_explain_knows_places_slugs_and_an_index() -> None:
    assert "services desiredCount" in ecs2k8s("explain", "Deployment.spec.replicas").stdout.decode().replace(
        "ecs.Service", "services"
    )
    assert "runAsUser" in ecs2k8s("explain", "user-by-name").stdout.decode()
    assert "unread-field" in ecs2k8s("explain").stdout.decode()


def test_help_imports_no_sdk() -> None:
    code = (
        "import sys\nsys.argv = ['ecs2k8s', '--help']\nfrom ecs2k8s.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('boto3', 'botocore', 'kubernetes', 'yaml', 'msgspec', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version_and_bare_command_exit_with_0() -> None:
    assert ecs2k8s("--version").stdout.startswith(b"ecs2k8s ")
    assert ecs2k8s().returncode == 0


def test_services_of_two_clusters_in_one_namespace_get_names_of_their_own(tmp_path: Path) -> None:
    definition = DEFINITION | {
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1",
        "revision": 1,
    }
    services = [
        {
            "serviceArn": f"arn:aws:ecs:eu-west-1:111122223333:service/{cluster}/web",
            "serviceName": "web",
            "status": "ACTIVE",
        }
        | {"clusterArn": f"arn:aws:ecs:eu-west-1:111122223333:cluster/{cluster}", "desiredCount": 1}
        | {"taskDefinition": definition["taskDefinitionArn"]}
        for cluster in ("blue", "green")
    ]
    file = tmp_path / "all.json"
    file.write_text(json.dumps({"taskDefinition": definition, "services": services}))
    done = ecs2k8s("export", "--from", str(file), "-o", str(tmp_path / "out"), "--set", "namespaces=shop")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (tmp_path / "out" / "manifests" / "shop").iterdir() if path.is_dir())
    assert len(names) == 2
    assert names[0] == "web"
    assert names[1].startswith("web-")
