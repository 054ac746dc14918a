"""Workflows of GitHub Actions among the files: told by their keys `on` and `jobs` and the types of their values.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from typing import Any

SHAPE = "github.Workflow"


def is_workflow(value: dict[str, Any]) -> bool:
    """Whether every job has steps or calls another workflow. What has other types in these places is none."""
    jobs = value.get("jobs")
    if not isinstance(value.get("on"), str | list | dict) or not isinstance(jobs, dict) or not jobs:
        return False
    return all(_is_job(job) for job in jobs.values()) and isinstance(value.get("name") or "", str)


def _is_job(job: Any) -> bool:
    if not isinstance(job, dict):
        return False
    steps = job.get("steps")
    return isinstance(job.get("uses"), str) or (isinstance(steps, list) and all(map(_is_step, steps)))


def _is_step(step: Any) -> bool:
    if not isinstance(step, dict) or not all(isinstance(step.get(key) or {}, dict) for key in ("with", "env")):
        return False
    return isinstance(step.get("uses", ""), str) and isinstance(step.get("run", ""), str)
