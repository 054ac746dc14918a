"""Files of other pipelines: a Jenkinsfile, which is Groovy and told by its blocks, and a buildspec of CodeBuild.

https://www.jenkins.io/doc/book/pipeline/syntax/,
https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

from __future__ import annotations

import re
from typing import Any

JENKINSFILE = "jenkins.Jenkinsfile"
BUILDSPEC = "codebuild.Buildspec"
LONGEST = 1_000_000  # bytes; no Jenkinsfile is as long
BLOCK = re.compile(r"^[ \t]*(?:pipeline|node(?:[ \t]*\([^)\n]*\))?)[ \t]*\{", re.MULTILINE)
STAGE = re.compile(r"^[ \t]*(?:stages[ \t]*\{|stage[ \t]*\()", re.MULTILINE)


def jenkinsfile(data: bytes) -> list[str] | None:
    """The lines of a Jenkinsfile; None where the file is something else."""
    if len(data) > LONGEST:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text.splitlines() if BLOCK.search(text) and STAGE.search(text) else None


def is_buildspec(value: dict[str, Any]) -> bool:
    """Whether every phase is a map whose commands are texts."""
    phases = value.get("phases")
    if not isinstance(phases, dict) or not phases or "version" not in value:
        return False
    return all(_is_phase(phase) for phase in phases.values())


def _is_phase(phase: Any) -> bool:
    commands = phase.get("commands", []) if isinstance(phase, dict) else None
    return isinstance(commands, list) and all(isinstance(command, str) for command in commands)
