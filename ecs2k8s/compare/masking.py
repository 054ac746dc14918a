"""Values that no diff shows: what they are is forgotten when they are read; whether two are the same is not.

A sealed value is an HMAC under a key of this run that is kept nowhere. It orders nothing and is written nowhere: all
that leaves this module is `Masked`.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ecs2k8s.compare.patterns import Patterns
from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.core.redacted import looks_secret
from ecs2k8s.core.shell_secrets import CLIENTS, line, takes

if TYPE_CHECKING:
    from ecs2k8s.compare.patterns import Names

Treatment = Literal["always", "env", "named", "shown"]
SECRET_OBJECT = "not shown, as its place holds secrets"  # noqa: S105
SECRET_NAME = "not shown, as it looks like a secret"  # noqa: S105
FLAG = re.compile(r"--?[^\s=]+")
NEUTRAL = "abc"  # looks secret by its name only
ENVIRONMENT = "not shown, as values of environment variables are not without --show-values"


@cache
def table() -> dict[str, dict[str, Treatment]]:
    return msgspec.convert(load_yaml("masking.yaml"), dict[str, dict[str, Treatment]])


@cache
def patterns() -> Patterns[Treatment]:
    return Patterns((shape, place, how) for shape, places in table().items() for place, how in places.items())


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value that is known by its seal alone, and why it is not shown."""

    seal: str
    why: str


@dataclass(frozen=True, slots=True)
class Mask:
    """Seals values. Two that are sealed by the same mask can be compared; nothing else can be learnt."""

    show_values: bool = False
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False, compare=False)

    def seal(self, text: str, why: str) -> Sealed:
        return Sealed(hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256").hex(), why)

    def reason(self, value: Any, how: Treatment | None, name: str) -> str:
        """Why *value* is not shown; empty where it is. *name*: the variable's, or the key of a map."""
        if how in ("always", "shown"):
            return SECRET_OBJECT if how == "always" else ""
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        if (how and _named_secret(name, text)) or line(text) != text:
            return SECRET_NAME
        return ENVIRONMENT if how == "env" and not self.show_values else ""

    def reasons(self, arguments: list[Any]) -> list[str]:
        """The same for the arguments of a command, where a password follows its flag."""
        client = next((CLIENTS[word] for word in arguments if isinstance(word, str) and word in CLIENTS), "")
        return [
            SECRET_NAME if isinstance(word, str) and _follows(client, before, word) else self.reason(word, None, "")
            for before, word in pairwise(["", *arguments])
        ]


def treatment(shape: str, names: Names) -> Treatment | None:
    """How values at a place are treated."""
    return patterns().covering(shape, names)


def _named_secret(name: str, text: str) -> bool:
    """Whether a name says that *text* is one. A number is none to most readers of files; to a diff it may be a PIN."""
    return looks_secret(name, text) or (text.isdigit() and looks_secret(name, NEUTRAL))


def _follows(client: str, before: Any, word: str) -> bool:
    """Whether *word* is a secret because of what stands before it."""
    flag = before.lstrip("-") if isinstance(before, str) and FLAG.fullmatch(before) else ""
    if flag and looks_secret(flag, NEUTRAL) and looks_secret(flag, word):
        return True
    return bool(client) and takes(client, str(before), word)
