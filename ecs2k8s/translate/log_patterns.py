"""Foreign text in a file for Fluent Bit: what may stand there, and patterns for the first line of a record."""

from __future__ import annotations

import re

from ecs2k8s.core.escape import HIDDEN

# Of a date as strftime writes it (https://docs.docker.com/engine/logging/drivers/awslogs/#awslogs-datetime-format).
DATES = {
    "a": "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
    "A": "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)",
    "b": "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
    "B": "(?:January|February|March|April|May|June|July|August|September|October|November|December)",
    "d": "[0-9]{2}",
    "f": "[0-9]{6}",
    "H": "[0-9]{2}",
    "I": "[0-9]{2}",
    "j": "[0-9]{3}",
    "L": "[.][0-9]{3}",
    "m": "[0-9]{2}",
    "M": "[0-9]{2}",
    "p": "[AP]M",
    "S": "[0-9]{2}",
    "w": "[0-6]",
    "y": "[0-9]{2}",
    "Y": "[0-9]{4}",
    "z": "[+-][0-9]{4}",
    "Z": "[A-Z]{1,4}T",
    "%": "%",
}
# What RE2, which the log driver uses, and Onigmo, which Fluent Bit uses, do not both read as the same.
ONE_SIDED = re.compile(r"\(\?(?!:)|\\[QECzZAGKRXhHpP1-9kg]|\[\[|&&|[*+?}][+]")
LONGEST = 500


def is_setting(text: str) -> bool:
    """Whether *text* is the same text as a value in a classic file of Fluent Bit, which Helm may have read before.

    It ends with the line, loses spaces at its ends, and gets variables for `${}`; Helm reads `{{`.
    https://docs.fluentbit.io/manual/administration/configuring-fluent-bit/classic-mode/variables
    """
    return bool(text) and text == text.strip() and not HIDDEN.search(text) and "${" not in text and "{{" not in text


def first_line(text: str, *, is_format: bool) -> str:
    """The pattern for the first line of a record, for Fluent Bit; empty where it cannot be said there."""
    pattern = _of_date(text) if is_format else text
    if not pattern or not is_setting(pattern) or '"' in pattern or len(pattern) > LONGEST or ONE_SIDED.search(pattern):
        return ""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return ""
    return pattern


def _of_date(text: str) -> str:
    """A format of dates as a pattern; empty where it has a directive that the driver does not know."""
    parts = re.split(r"(%.?)", text)
    if any(part.startswith("%") and part[1:] not in DATES for part in parts):
        return ""
    return "".join(DATES[part[1:]] if part.startswith("%") else re.escape(part) for part in parts)
