"""The partitions of AWS, which are the first part of every ARN."""

from __future__ import annotations

BEGINNINGS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
PARTITIONS = ("aws", *BEGINNINGS.values())


def of_region(region: str) -> str:
    """The partition that the Region belongs to."""
    return next((name for prefix, name in BEGINNINGS.items() if region.startswith(prefix)), "aws")
