"""`$` in strings that the kubelet expands: `command`, `args`, `env[].value` and probe commands."""

from __future__ import annotations

import re

# A run of dollars is rewritten by the kubelet where it has two or more, or stands before `(`; before a non-ASCII
# character it corrupts the text (expand.go turns one byte after `$` into a rune).
# https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go
REWRITTEN = re.compile(r"\$\$+|\$(?=\(|[^\x00-\x7f])")


def literal(text: str) -> str:
    """*text* so that it arrives in the container as it is: ECS expands nothing, the kubelet would."""
    return REWRITTEN.sub(lambda run: run[0] * 2, text)
