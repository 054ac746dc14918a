"""What report.md says of every workload."""

from __future__ import annotations

from ecs2k8s.core.target import convert
from ecs2k8s.pipeline import translate
from ecs2k8s.report.markdown import report
from tests.case_files import snapshot


def test_what_is_not_read_is_said() -> None:
    target = convert({})
    text = report(translate(snapshot({}), target), target)["report/report.md"]
    for what in ("from scaling in", "filters of log groups", "state machines"):
        assert what in text
