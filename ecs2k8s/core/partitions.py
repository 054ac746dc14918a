"""The partitions of AWS, which are the first part of every ARN."""

from __future__ import annotations

BEGINNINGS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}
PARTITIONS = ("aws", *BEGINNINGS.values())


def of_region(region: str) -> str:
    """The partition that the Region belongs to."""
    return next((name for prefix, name in BEGINNINGS.items() if region.startswith(prefix)), "aws")
