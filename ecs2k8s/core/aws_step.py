"""A change on the AWS side that a person makes: what, why, the command, and the way back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class AwsStep:
    """`command` and `back` are whole lines for a POSIX shell; `subject` is the id or ARN of what is changed."""

    subject: str
    title: str
    why: str
    command: str
    back: str

    def plain(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}
