"""Steps on the AWS side, as values: commands for a person, each with the way back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST = 100  # characters of a command on one line
PLAIN = re.compile(r"[A-Za-z0-9_./:@+-]+")  # needs no quotes in the shorthand syntax of the AWS CLI


@dataclass(frozen=True, slots=True, order=True)
class AwsStep:
    """One change that a person makes with the AWS CLI. `command` and `back` are whole lines of a POSIX shell.

    `subject` is the id or ARN of what the step is about; `why` is what to know before it is taken.
    """

    subject: str
    title: str
    why: str
    command: str
    back: str

    def plain(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}


def aws(*words: str) -> str:
    """An AWS CLI command with each word quoted for the shell; a long one has a line for each option."""
    return laid_out([quote(word) for word in words])


def laid_out(quoted: Iterable[str]) -> str:
    """The same of words that are quoted already."""
    words = list(quoted)
    line = " ".join(("aws", *words))
    if len(line) <= LONGEST:
        return line
    return " ".join(("aws", *(f"\\\n  {word}" if word.startswith("--") else word for word in words)))


def pairs(values: Mapping[str, str]) -> list[str]:
    """Keys and values as the CLI takes tags and attributes: shorthand where it is safe, else JSON in one word.

    https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html
    """
    if all(PLAIN.fullmatch(text) for pair in values.items() for text in pair):
        return [f"Key={key},Value={value}" for key, value in sorted(values.items())]
    return [msgspec.json.encode([{"Key": key, "Value": value} for key, value in sorted(values.items())]).decode()]
