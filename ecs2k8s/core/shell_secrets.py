"""Secrets in a line of a shell: by their form, and the passwords that clients take from options of one letter."""

from __future__ import annotations

import re

from ecs2k8s.core.redacted import REDACTED, hidden

# Clients that take a password from an option of one letter, and how the option begins.
CLIENTS = {"curl": "-u", "redis-cli": "-a", "mysql": "-p", "mysqladmin": "-p", "mariadb-admin": "-p"}
CLIENT = re.compile(rf"\b(?P<client>{'|'.join(CLIENTS)})\b(?P<rest>[^|;&\n]*)")


def line(text: str) -> str:
    """*text*, a line of a shell, with the constant in place of what is secret: a client's password is a word of it."""
    return CLIENT.sub(_client, hidden(text)) if CLIENT.search(text) else hidden(text)


def _client(found: re.Match[str]) -> str:
    words = re.split(r"(\s+)", found["rest"])
    option = CLIENTS[found["client"]]
    for at in range(0, len(words), 2):
        before = words[at - 2] if at > 1 else ""
        word = words[at]
        if takes(option, before, word):
            words[at] = of_client(option, before, word)
    return found["client"] + "".join(words)


def takes(option: str, before: str, word: str) -> bool:
    """Whether *word* has the password: behind its option, or joined to it, which is the only way of `-p`."""
    joined = len(word) > len(option) and word.startswith(option)
    return joined or (bool(word) and before == option != "-p")


def of_client(client: str, before: str, item: str) -> str:
    """The password of a client; of a login (`user:password`) what comes after the user."""
    option = "" if before == client else item[: len(client)]
    user, colon, _ = item[len(option) :].partition(":")
    if client == "-u":
        return f"{option}{user}:{REDACTED}" if colon else item
    return f"{option}{REDACTED}"
