"""Tells what looks like a secret, and the constant that stands for a value which was masked."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from math import log2

from ecs2k8s.core.placeholders import PLACEHOLDER

REDACTED = "ecs2k8s:redacted"

# DB_PASSWORD, dbPassword, MYSQL_PWD, X-Api-Key, Splunk-token; not TOKENIZER, SECRETARY or COMPASS.
WORDS = {
    *("password", "passwd", "passwords", "passphrase", "passcode", "pwd", "secret", "secrets", "token", "tokens"),
    *("credential", "credentials", "apikey", "authtoken", "authkey", "secretkey", "privatekey", "accesskey"),
    *("dbpass", "apitoken", "accesstoken", "clientsecret"),
}
ENDINGS = ("password", "passwd", "passphrase", "apikey", "secretkey", "authtoken")  # of words that run together
# With `key` behind it.
KEYS = {"api", "private", "access", "secret", "auth", "encryption", "signing", "license", "account", "master", "ssh"}
# What a name of this ending holds is about a secret, and no secret.
HARMLESS = {
    *("file", "path", "arn", "name", "url", "uri", "endpoint", "host", "port", "ttl", "expiry", "expires"),
    *("enabled", "length", "type", "version", "region", "dir", "algorithm", "timeout", "limit", "issuer"),
    *("count", "size", "max", "min", "seconds", "minutes", "hours", "days", "header", "prefix", "policy", "provider"),
    *("expiration", "audience"),
}
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
VALUE = re.compile(
    r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY"
    r"|\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bnpm_[A-Za-z0-9]{30,}"
    r"|\bxox[abeoprs]-[\w-]{8,}|\b[rs]k_(live|test)_\w{8,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bAIza[\w-]{30,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}|\bhooks\.slack\.com/services/\w"
    r"|\b[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@?#]{0,200}:(?P<password>[^\s/@?#]{1,300})@"
    r"|(?i:\b(AccountKey|SharedAccessKey|Password|Pwd)\s{0,3}=(?!\s{0,3}[$;])[^;\s])"
)
HEX, HEX_ENTROPY = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}"), 3.0
BASE64, BASE64_ENTROPY = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}"), 4.5
RANDOM_BY_NATURE = {
    *("sha", "sha1", "sha256", "commit", "revision", "version", "digest", "hash", "checksum", "id", "ids", "uuid"),
    *("build", "git", "image", "tag", "client", "kid", "fingerprint", "arn", "etag", "public", "pubkey"),
}
FLAG = re.compile(
    r"(?i)(?P<flag>\b[\w-]{0,30}(?:password|passwd|secret|token|api[_-]?key)[=:]\s?)(?![$<{\s])[^\s\"'&;,]{3,}"
)
NO_SECRET = re.compile(
    r"arn:aws[\w-]*:.*|true|false|yes|no|on|off|none|null|enabled|disabled|-?[0-9]{0,5}", re.IGNORECASE
)


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable or an option holds a secret in the clear: by the words of its name, or its value's form."""
    text = value.strip()
    if not text or text == REDACTED or NO_SECRET.fullmatch(text) or PLACEHOLDER.fullmatch(text):
        return False
    found = VALUE.search(text)
    if found:
        return not (found["password"] and PLACEHOLDER.fullmatch(found["password"]))
    return _secret_name(name) or (is_random(text) and not _known_as_random(name))


def hidden(text: str) -> str:
    """*text* with the constant in place of every part that has the form of a secret."""
    return FLAG.sub(rf"\g<flag>{REDACTED}", VALUE.sub(_replaced, text)) if text else text


def _replaced(found: re.Match[str]) -> str:
    password = found["password"]
    if password and PLACEHOLDER.fullmatch(password):
        return found[0]
    return found[0].replace(password, REDACTED) if password else REDACTED


def is_random(text: str) -> bool:
    """Whether *text* is one word of the kind that machines make: a key in hex or base64, by its letters' entropy.

    The bounds are those that scanners of source code use: 3 bits a letter for hex, 4.5 for base64
    (https://github.com/Yelp/detect-secrets). A name, a path, a version or a sentence stays below them.
    """
    if HEX.fullmatch(text):
        return _entropy(text) > HEX_ENTROPY
    return bool(BASE64.fullmatch(text)) and _entropy(text) > BASE64_ENTROPY and not text.isalpha()


def _entropy(text: str) -> float:
    """Bits a letter (Shannon)."""
    return -sum(count / len(text) * log2(count / len(text)) for count in Counter(text).values())


def _known_as_random(name: str) -> bool:
    """Digests and ids look as random as keys, and are none."""
    parts = [part.lower() for part in PART.findall(name)]
    return any(part in RANDOM_BY_NATURE for part in parts)


def _secret_name(name: str) -> bool:
    parts = [part.lower() for part in PART.findall(name)]
    while parts and parts[-1].isdigit():
        parts.pop()
    if not parts or parts[-1] in HARMLESS:
        return False
    keys = any(first in KEYS and second in {"key", "keys"} for first, second in pairwise(parts))
    return keys or parts[-1] == "pass" or any(part in WORDS or part.endswith(ENDINGS) for part in parts)
