"""Lines of each container reach its log group, those of others do not, and foreign text stays text."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ecs2k8s.compare import schema
from ecs2k8s.compare.fluent_bit import Section, problems, read
from ecs2k8s.core.documents import Snapshot
from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.render.observability import log_files
from ecs2k8s.report.observability import observability
from ecs2k8s.translate.fargate_logging import LONGEST
from ecs2k8s.translate.log_patterns import first_line
from tests.case_files import definition, load, snapshot
from tests.estates import ROOT, SAMPLES, estate

CASES = sorted((ROOT / "tests/cases/observability").glob("logs-*.yaml"))
HOSTILE = [
    "a b",
    "a\n[OUTPUT]\n    Name exec",
    "${HOME}",
    "{{ .Values }}",
    "#",
    "/a/$kubernetes['x']",
    "é",
    "\u202e",
    '"',
    "",
]
ID = "0123456789abcdef" * 4


def files(given_: dict[str, Any], **target: Any) -> dict[str, str]:
    chosen = convert(target)
    return log_files(translate(snapshot(given_), chosen), chosen)


def container(driver: str = "awslogs", name: str = "web", **options: str) -> dict[str, Any]:
    return {"name": name, "logConfiguration": {"logDriver": driver, "options": options}}


def way(text: str, tag: str) -> list[Section]:
    """The outputs that a line with *tag* reaches, as Fluent Bit would take it there."""
    found, _ = read(text)
    for section in found:
        if section.get("name") == ["rewrite_tag"] and re.search(section.get("match_regex")[0], tag):
            _, rule, new, keep = section.get("rule")[0].split(" ")
            assert (rule, keep) == ("^", "false")
            tag = new.replace("$TAG", tag)
            break
    return [s for s in found if s.name == "OUTPUT" and re.search(s.get("match_regex")[0], tag)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_files_of_the_cases_hold_together(path: Any) -> None:
    case = load(path)
    texts = log_files(translate(case.snapshot, case.target), case.target)
    assert [problem for name, text in texts.items() if name.endswith(".conf") for problem in problems(text)] == []


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("logging", ["cloudwatch", "loki"])
def test_the_files_of_the_samples_hold_together(name: str, logging: str) -> None:
    given_, _ = estate(name)
    target = convert({"logging": logging})
    done = translate(given_, target)
    texts = log_files(done, target)
    assert ("observability/ecs2k8s.conf" in texts) is (name != "routing")
    assert [problem for path, text in texts.items() if path.endswith(".conf") for problem in problems(text)] == []
    if texts and logging == "cloudwatch":
        values = yaml.safe_load(texts["observability/values.yaml"])
        extra = values["containerLogs"]["fluentBit"]["config"]["extraFiles"]
        assert extra == {"ecs2k8s.conf": texts["observability/ecs2k8s.conf"]}
    assert "observability/README.md" in observability(done, target)


def test_each_container_has_its_own_way() -> None:
    given_ = {
        "containerDefinitions": [
            container(**{"awslogs-group": "/a", "awslogs-stream-prefix": "ecs", "awslogs-region": "eu-central-1"}),
            container(name="proxy", **{"awslogs-group": "/b"}),
        ],
        "service": {},
    }
    text = files(given_)["observability/ecs2k8s.conf"]
    pod = "application.var.log.containers.web-bcdfgh2456-x7k2p_prod"
    (web,) = way(text, f"{pod}_web-{ID}.log")
    assert web.get("log_group_name") == ["/a"]
    assert web.get("region") == ["eu-central-1"]
    assert web.get("log_stream_template") == ["ecs/web/$kubernetes['pod_name']"]
    (proxy,) = way(text, f"{pod}_proxy-{ID}.log")
    assert proxy.get("log_group_name") == ["/b"]
    assert proxy.get("log_stream_prefix") == ["proxy/"]
    others = ["web-bcdfgh2456-x7k2p_other_web", "web-migrate-x7k2p_prod_web", "web-bcdfgh2456-x7k2p_prod_web-two"]
    assert [way(text, f"application.var.log.containers.{other}-{ID}.log") for other in others] == [[], [], []]


def test_a_region_that_nothing_says_is_that_of_the_agent() -> None:
    given_ = {"containerDefinitions": [container(**{"awslogs-group": "/a"})], "bare": True}
    (output,) = [s for s in read(files(given_)["observability/ecs2k8s.conf"])[0] if s.name == "OUTPUT"]
    assert output.get("region") == ["${AWS_REGION}"]


def test_loki_gets_the_group_as_a_label() -> None:
    given_ = {"containerDefinitions": [container(**{"awslogs-group": "/a#b"})], "service": {}}
    text = files(given_, logging="loki")["observability/ecs2k8s.conf"]
    (output,) = way(text, f"kube.var.log.containers.web-bcdfgh2456-x7k2p_prod_web-{ID}.log")
    labels = "job=ecs2k8s, log_group=/a#b, namespace=prod, app=web, container=web, pod=$kubernetes['pod_name']"
    assert output.get("labels") == [labels]


def test_drivers_become_outputs() -> None:
    case = load(ROOT / "tests/cases/observability/logs-by-other-drivers.yaml")
    text = log_files(translate(case.snapshot, case.target), case.target)["observability/ecs2k8s.conf"]
    found = {s.get("name")[0]: dict(s.settings) for s in read(text)[0] if s.name == "OUTPUT"}
    for settings_ in found.values():
        del settings_["Match_Regex"], settings_["Name"]
    assert found == {
        "splunk": {
            "host": "splunk.example.com",
            "port": "8088",
            "tls": "on",
            "event_index": "main",
            "splunk_token": "${ECS2K8S_DEFAULT_WEB_SPLUNK_SPLUNK_TOKEN}",
            "event_key": "$log",
        },
        "gelf": {"Host": "192.0.2.1", "Port": "12201", "Mode": "udp", "Gelf_Short_Message_Key": "log"},
        "forward": {"Host": "192.0.2.1", "Port": "24224"},
        "syslog": {
            "host": "192.0.2.1",
            "port": "514",
            "mode": "tls",
            "syslog_format": "rfc5424",
            "syslog_message_key": "log",
        },
    }


@pytest.mark.parametrize(
    "key", ["awslogs-group", "awslogs-stream-prefix", "awslogs-region", "awslogs-multiline-pattern"]
)
@pytest.mark.parametrize("target", [{}, {"logging": "loki"}, {"compute": "fargate"}], ids=str)
def test_hostile_options_of_groups_stay_text(key: str, target: dict[str, Any]) -> None:
    options = {"awslogs-group": "/fine", "awslogs-region": "eu-west-1"}
    many = [container(name=f"c{number}", **options | {key: text}) for number, text in enumerate(HOSTILE)]
    _is_tame(files({"containerDefinitions": many, "service": {}}, **target))


@pytest.mark.parametrize("key", ["Name", "region", "include-pattern", "exclude-pattern"])
@pytest.mark.parametrize("target", [{}, {"compute": "fargate"}], ids=str)
def test_hostile_options_of_firelens_stay_text(key: str, target: dict[str, Any]) -> None:
    options = {"Name": "firehose", "delivery_stream": "s"}
    many = [container("awsfirelens", f"c{number}", **options | {key: text}) for number, text in enumerate(HOSTILE)]
    _is_tame(files({"containerDefinitions": many, "service": {}}, **target))


def test_hostile_keys_of_firelens_are_left_out() -> None:
    keys = ["Match", "a b", "[OUTPUT]", "@SET", "a\nb", "é", ""]
    many = [container("awsfirelens", f"c{n}", **{"Name": "firehose", key: "x"}) for n, key in enumerate(keys)]
    assert files({"containerDefinitions": many, "service": {}}) == {}


def _is_tame(texts: dict[str, str]) -> None:
    """Sections are ours alone, and no value holds what would mean something else there."""
    for name, content in texts.items():
        parts = _parts(name, content)
        assert [problem for part in parts for problem in problems(part)] == []
        plugins = {plugin for part in parts for section in read(part)[0] for plugin in section.get("name")}
        assert "exec" not in plugins
        values = [value for part in parts for section in read(part)[0] for _, value in section.settings]
        assert not any("${HOME}" in value or "{{" in value or "\u202e" in value for value in values)


def _parts(name: str, content: str) -> list[str]:
    if name.endswith(".conf"):
        return [content]
    if name.endswith("aws-logging.yaml"):
        data = list(yaml.safe_load_all(content))[1]["data"]
        return [value for key, value in data.items() if key.endswith(".conf")]
    return list(yaml.safe_load(content)["containerLogs"]["fluentBit"]["config"]["extraFiles"].values())


def test_fargate_gets_a_config_map_of_the_kinds_that_it_takes() -> None:
    case = load(ROOT / "tests/cases/observability/logs-on-fargate.yaml")
    texts = log_files(translate(case.snapshot, case.target), case.target)
    assert list(texts) == ["observability/aws-logging.yaml"]
    namespace, config = yaml.safe_load_all(texts["observability/aws-logging.yaml"])
    assert namespace["metadata"] == {"name": "aws-observability", "labels": {"aws-observability": "enabled"}}
    if schema.available():
        assert schema.problems([namespace, config], "1.34") == []
    data = config["data"]
    assert data.pop("flb_log_cw") == "false"
    kinds = {key: {section.name for section in read(text)[0]} for key, text in data.items()}
    assert kinds == {"filters.conf": {"FILTER"}, "output.conf": {"OUTPUT"}, "parsers.conf": {"PARSER"}}
    assert "${" not in "".join(data.values())
    assert [problem for text in data.values() for problem in problems(text)] == []
    outputs = {s.get("match")[0]: s.get("name")[0] for s in read(data["output.conf"])[0]}
    assert outputs == {
        "kube.var.log.containers.web-*_default_web-*": "cloudwatch_logs",
        "kube.var.log.containers.web-*_default_stream-*": "kinesis_firehose",
        "kube.var.log.containers.web-two-*_default_web-*": "cloudwatch_logs",
    }


def test_more_than_fargate_takes_is_an_error_and_no_file() -> None:
    many = [container(name=f"c{number}", **{"awslogs-group": f"/ecs/{number}"}) for number in range(40)]
    chosen = convert({"compute": "fargate"})
    done = translate(Snapshot((definition({"containerDefinitions": many}, bare=False),)), chosen)
    assert log_files(done, chosen) == {}
    assert [f.args for f in done.findings if f.slug == "fargate-logging-too-long"] == [(("most", str(LONGEST)),)]
    assert "too small" in observability(done, chosen)["observability/README.md"]


def begins(pattern: str, line: str) -> bool:
    return bool(re.search(pattern, line))


@pytest.mark.parametrize(
    ("form", "line", "others"),
    [
        ("%Y-%m-%d %H:%M:%S", "2026-11-26 03:04:05 x", "  at web.py"),
        ("[%b %d, %Y %H:%M:%S]", "[Nov 26, 2026 03:04:05] x", "Nov 26, 2026 03:04:05"),
        ("%d/%b/%Y:%H:%M:%S %z", "26/Nov/2026:03:04:05 +0100", "26.Nov.2026"),
        ("%H:%M:%S%L %p", "03:04:05.123 AM", "03:04:05,123 AM"),
        ("100%%", "100%", "1000"),
    ],
)
def test_a_format_of_dates_finds_the_first_line(form: str, line: str, others: str) -> None:
    pattern = first_line(form, is_format=True)
    assert begins(pattern, line)
    assert not begins(pattern, others)


@pytest.mark.parametrize(
    "text", ["%Q", "%", "", " x", 'a"b', "(", "(?P<n>a)", "(?=a)", "(?i)a", r"\pL", "a" * 501, "a++", "${X}"]
)
def test_a_pattern_that_two_programs_would_read_differently_is_none(text: str) -> None:
    assert first_line(text, is_format=False) == "" or text.startswith("%")
    assert first_line(text, is_format=True) == "" or not text.startswith("%")


@settings(max_examples=50)
@given(st.sampled_from(["^[0-9]{4}", "err|WARN", "a b", r"\d\d:", "^\\["]), st.text("ab 0123:[errWARN", max_size=12))
def test_a_line_either_begins_a_record_or_goes_on(pattern: str, line: str) -> None:
    start = first_line(pattern, is_format=False)
    assert start == pattern
    assert begins(start, line) is not begins(f"^(?!.*(?:{start}))", line)
