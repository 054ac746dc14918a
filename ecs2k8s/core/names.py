"""Kubernetes names from AWS names: valid, stable, without collisions."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LABEL = 63  # DNS-1123 label
WORKLOAD = 52  # pod host names and hash labels append to it
PORT = 15  # IANA service name

LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
LABEL_KEY = re.compile(r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def digest(text: str, length: int) -> str:
    return sha256(text.encode()).hexdigest()[:length]


def label(text: str, longest: int = LABEL) -> str:
    """N1: *text* as a DNS-1123 label of at most *longest* characters."""
    name = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9-]+", "-", text.lower())).strip("-")
    if not name:
        return f"x-{digest(text, 6)}"
    if len(name) > longest:
        return f"{name[: longest - 7].rstrip('-')}-{digest(text, 6)}"
    return name


def port(text: str) -> str:
    """N2: *text* as a container port name (IANA_SVC_NAME: at most 15, one letter, no `--`)."""
    name = re.sub(r"-{2,}", "-", re.sub(r"[^a-z0-9-]+", "-", text.lower())).strip("-")
    if not re.search(r"[a-z]", name):
        name = f"p-{name}".strip("-")
    if len(name) > PORT:
        name = f"{name[:10].rstrip('-')}-{digest(text, 4)}"
    return name


def unique(originals: Iterable[str], rule: Callable[[str], str] = label, longest: int = LABEL) -> dict[str, str]:
    """Original to name, for all names of one scope.

    Where two originals give the same name, each one that was changed gets a suffix of its own hash; one that was
    already valid keeps its name. The order of *originals* does not matter.
    """
    names = {text: rule(text) for text in sorted(set(originals))}
    taken: dict[str, list[str]] = {}
    for text, name in names.items():
        taken.setdefault(name, []).append(text)
    for name, texts in taken.items():
        if len(texts) > 1:
            for text in texts:
                if text != name:
                    names[text] = suffixed(name, text, longest)
    return names


def suffixed(name: str, seed: str, longest: int = LABEL) -> str:
    """*name* with the hash of *seed* behind it, within *longest* characters."""
    tail = digest(seed, 6 if longest > PORT else 4)
    return f"{name[: longest - len(tail) - 1].rstrip('-')}-{tail}"


def label_name(text: str) -> str:
    """*text* as the name part of a label or annotation key: at most 63 of `[A-Za-z0-9._-]`."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")
    return name if name and len(name) <= LABEL else suffixed(name or "x", text)


def is_label_value(text: str) -> bool:
    return bool(LABEL_VALUE.fullmatch(text))


def is_label_key(text: str) -> bool:
    return bool(LABEL_KEY.fullmatch(text))


def is_subdomain(text: str) -> bool:
    return bool(SUBDOMAIN.fullmatch(text))
