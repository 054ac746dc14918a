"""Makes characters visible that would hide, reorder or forge what a person reads in foreign text."""

from __future__ import annotations

import json
import re

# Controls, soft hyphen, bidi, zero width, fillers, line separators, surrogates, variation selectors, annotations, tags.
# A fixed list and no Unicode category: the same text looks the same under every Python.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
# The same where line breaks are the text's own, and JSON has escaped those of strings already.
BEYOND_ASCII = re.compile(HIDDEN.pattern.replace("\x00-\x1f", ""))
SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    """*text* on one line, with hidden characters as `\\u202e`. Escaping twice changes nothing more."""
    return HIDDEN.sub(_visible, text)


def escape_json(text: bytes) -> bytes:
    """JSON that means the same, with hidden characters as `\\u202e`: they would mislead a reviewer of the file."""
    if text.isascii() and b"\x7f" not in text:
        return text
    return BEYOND_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text.decode()).encode()


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return SHORT.get(character) or (f"\\u{code:04x}" if character <= "\uffff" else f"\\U{code:08x}")
