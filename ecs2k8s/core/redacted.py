"""Tells what looks like a secret, and the constant that stands for a value which was masked."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from math import log2
from string import ascii_lowercase, ascii_uppercase, digits
from typing import TYPE_CHECKING

import msgspec

from ecs2k8s.core.mappings import load_yaml
from ecs2k8s.core.placeholders import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

REDACTED = "ecs2k8s:redacted"
HEADER = "header"  # an option of Fluent Bit: a name and a value with a blank between them, `X-Api-Key abc`

PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
NO_SECRET = re.compile(
    r"arn:[\w*-]{1,20}:\S*|true|false|yes|no|on|off|none|null|enabled|disabled|-?[0-9]{0,5}", re.IGNORECASE
)

# Of these only the group is the secret; a text without what stands before the colon is not searched at all.
LONG = re.compile(r"[\w.~/+=$:-]{14}")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY[\w+/=\s:,.()\\-]*|PuTTY-User-Key-File-[\w+/=\s:,.()\\-]*")
IN_URL = re.compile(r"://[^\s/:@?#]{0,200}:(?!\d{1,5}[/?#])(?P<value>[^\s?#\"'<>,]{1,300})@(?=[\w.$\[{-])")
# `password=x`, `"token": "x"`, `--api-key x`, `?sig=x`, `Authorization: Bearer x`; an ARN is taken first, and left.
WORDED = re.compile(
    r"""(?ix)
      \b arn:[\w*-]{1,20}: [^\s"']*
    | (?:
        (?: password | passwd | passphrase | (?<![a-z]) pwd | secret | token
          | (?:api|access|secret|private|account) [_-]? key (?:[_-]base)? | sharedaccesskey | [_-]pass )
        \\? ["']? \s{0,3} [=:] \s{0,3}
      | (?<=-) (?: password | passwd | requirepass | secret | token | api-key | pass ) \s{1,3}
      | [?&] (?: sig | signature | key | code ) =
      | \b authorization \\? ["']? \s{0,2} [:=] \s{0,2} \\? ["']? (?: bearer | basic | token ) \s{1,3}
      )
      (?: \\? (?P<quote>["']) (?![$<{\s]) (?P<quoted>(?: (?!(?P=quote)) [^\\] ){1,300})
        | (?![$<{\s"'\\]) (?P<value>[^\s"'&;,\\]{3,300}) )
    """
)
CRYPTED = re.compile(r"\$(?:2[aby]|apr1|[156])\$[\w./$]{20,}")  # as in a file of passwords

HEX, HEX_ENTROPY = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}"), 3.0
WORD = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
ONE_CASE = re.compile(r"[a-z0-9]{30,}|[A-Z0-9]{30,}")
DIGITS = re.compile(r"[0-9]+")
# Ends as AWS ends names that it makes: a UUID, CloudFormation's thirteen letters, the id of a resource of EC2.
MADE_BY_AWS = re.compile(
    r"(?i:.*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|[A-Za-z][A-Za-z0-9-]*-[0-9A-Z]{11,14}|[\w-]*-[0-9a-f]{16,17}"
)
KINDS = {letter: kind for kind, letters in enumerate((ascii_uppercase, ascii_lowercase, digits)) for letter in letters}
FEWEST, CHANGES = 18, 0.4  # letters and digits; the share of neighbours that are of different kinds


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """mappings/secrets.yaml."""

    words: frozenset[str]
    endings: tuple[str, ...]
    keys: frozenset[str]
    harmless: frozenset[str]
    random: frozenset[str]
    tokens: dict[str, str]


@cache
def known() -> Known:
    return msgspec.convert(load_yaml("secrets.yaml"), Known)


@cache
def _tokens() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(known().tokens.values())})")


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable or an option holds a secret in the clear: by the words of its name, or its value's form.

    What `hidden` would change looks secret, whatever its name.
    """
    text = value.strip()
    if name.lower() == HEADER:
        return _secret_header(*text.partition(" ")[::2])
    if not text or text == REDACTED or NO_SECRET.fullmatch(text) or PLACEHOLDER.fullmatch(text):
        return False
    if any(_is_secret(found) for form in _forms(text) for found in form.finditer(text)):
        return True
    return _secret_name(name) or (is_random(text) and not _known_as_random(name))


def _secret_header(name: str, value: str) -> bool:
    if name.lower() != "authorization":
        return looks_secret("" if name.lower() == HEADER else name.removesuffix(":"), value)
    return bool(value) and not PLACEHOLDER.fullmatch(value.rsplit(maxsplit=1)[-1])


def hidden(text: str) -> str:
    """*text* with the constant in place of every part that has the form of a secret; nothing of that part is left."""
    for form in _forms(text):
        text = form.sub(_replaced, text)
    return text


def _forms(text: str) -> Iterator[re.Pattern[str]]:
    """The forms that *text* may have: most texts have none, and are not searched."""
    if LONG.search(text):
        yield _tokens()
    if "PRIVATE KEY" in text or "PuTTY" in text:
        yield PRIVATE_KEY
    if "://" in text:
        yield IN_URL
    if "=" in text or ":" in text or "--" in text:
        yield WORDED
    if "$" in text:
        yield CRYPTED


def _secret_of(found: re.Match[str]) -> str:
    """The name of the group that is the secret; empty where it is the whole."""
    return next((name for name in ("value", "quoted") if found.groupdict().get(name)), "")


def _is_secret(found: re.Match[str]) -> bool:
    name = _secret_of(found)
    if not name:
        return not NO_SECRET.fullmatch(found[0])
    return not (PLACEHOLDER.fullmatch(found[name]) or REDACTED in found[name] or NO_SECRET.fullmatch(found[name]))


def _replaced(found: re.Match[str]) -> str:
    if not _is_secret(found):
        return found[0]
    start, end = (at - found.start() for at in found.span(_secret_of(found) or 0))
    return found[0][:start] + REDACTED + found[0][end:]


def is_random(text: str) -> bool:
    """Whether *text* is one word of the kind that machines make: a key in hex, base62 or base64.

    Hex by the entropy of its letters, with the bound that scanners of source code use (3 bits:
    https://github.com/Yelp/detect-secrets). A key of twenty letters has too few of them for that: there it is how
    often capitals, small letters and digits take turns, which they seldom do in names, paths and versions.
    """
    if HEX.fullmatch(text):
        return _entropy(text) > HEX_ENTROPY
    if not WORD.fullmatch(text) or MADE_BY_AWS.fullmatch(text):
        return False
    runs = len(DIGITS.findall(text))
    if ONE_CASE.fullmatch(text):
        return runs > 2  # noqa: PLR2004 (a name has a number or two)
    kinds = [KINDS[letter] for letter in text if letter in KINDS]
    if len(kinds) < FEWEST or len(set(kinds)) < len((ascii_uppercase, ascii_lowercase, digits)) or runs < 2:  # noqa: PLR2004
        return False
    return sum(one != other for one, other in pairwise(kinds)) > CHANGES * (len(kinds) - 1)


def _entropy(text: str) -> float:
    """Bits a letter (Shannon)."""
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def _known_as_random(name: str) -> bool:
    return any(part.lower() in known().random for part in PART.findall(name))


def _secret_name(name: str) -> bool:
    parts = [part.lower() for part in PART.findall(name)]
    while parts and parts[-1].isdigit():
        parts.pop()
    if not parts or parts[-1] in known().harmless:
        return False
    keys = any(first in known().keys and second in {"key", "keys"} for first, second in pairwise(parts))
    words, endings = known().words, known().endings
    return keys or parts[-1] == "pass" or any(part in words or part.endswith(endings) for part in parts)
