"""Tells what looks like a secret, and the constant that stands for a value which was masked."""

from __future__ import annotations

import re
from itertools import pairwise

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
    return _secret_name(name)


def _secret_name(name: str) -> bool:
    parts = [part.lower() for part in PART.findall(name)]
    while parts and parts[-1].isdigit():
        parts.pop()
    if not parts or parts[-1] in HARMLESS:
        return False
    keys = any(first in KEYS and second in {"key", "keys"} for first, second in pairwise(parts))
    return keys or parts[-1] == "pass" or any(part in WORDS or part.endswith(ENDINGS) for part in parts)
