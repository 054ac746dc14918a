"""Hosts and ARNs in the texts that a container reads: candidates, of which only known ones are ever shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.translate.runtime_texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecs2k8s.resolve.workload import Workload
    from ecs2k8s.translate.runtime_texts import Text

CREDENTIALS = re.compile(r"://[^\s/?#\"'<>]{1,500}@")
ORACLE = re.compile(r":@(?://)?")  # jdbc:oracle:thin:@host:1521:sid, jdbc:oracle:thin:@//host:1521/name
URL = re.compile(r"//(?P<host>[\w.-]{1,253})(?::\d{1,5})?(?P<path>/[^\s?#\"'<>,;]{0,1000})?")
LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST = re.compile(rf"(?<![\w.%+-]){LABEL}(?:\.{LABEL})*")
ARN = re.compile(r"arn:aws[a-z-]{0,10}:[a-z0-9-]{1,30}:[a-z0-9-]{0,20}:\d{0,12}:[\w./:*-]{1,300}")
BUCKET = re.compile(r"\bs3[an]?://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?![\w.-])")
PORT = re.compile(r":\d{1,5}(?!\d)")
HOST_LIKE = re.compile(r"(?:^|_)(?:HOST|HOSTNAME|URL|URI|ENDPOINT|ADDR|ADDRESS|SERVERS?|BROKERS?|UPSTREAM)$")
# Variables that say who may call, or under which name the workload itself is called.
OWN_NAME = re.compile(
    r"(?:^|_)(?:NO_PROXY|ALLOWED|CORS|ORIGINS?|COOKIE|CALLBACK|REDIRECT|VIRTUAL_HOST|SERVER_NAME)(?:_|$)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A host, lower-case, with the path of the URL that it stands in, or an ARN. `by`: the variable, or the command.

    `plain`: nothing says that the text is a host, so that a name without dots may be any word.
    """

    by: str
    host: str = ""
    path: str = ""
    plain: bool = False
    arn: str = ""


def mentions(workload: Workload) -> Iterator[Mention]:
    """In variables, files of variables and commands; checks of health are about the container itself."""
    for container in workload.containers:
        for text in texts(workload, container):
            by = text.variable or str(text.at[0])
            if text.value and not text.is_check and not OWN_NAME.search(text.variable.upper()):
                yield from (Mention(by, arn=found[0]) for found in ARN.finditer(text.value))
                yield from (Mention(by, arn=f"arn:aws:s3:::{found[1]}") for found in BUCKET.finditer(text.value))
                yield from _hosts(text, by)


def _hosts(text: Text, by: str) -> Iterator[Mention]:
    value = ORACLE.sub("//", CREDENTIALS.sub("://", BUCKET.sub(" ", ARN.sub(" ", text.value))))
    paths = {found["host"].lower().rstrip("."): (found["path"] or "").rstrip("/") for found in URL.finditer(value)}
    alone = value.strip() if HOST_LIKE.search(text.variable.upper()) else ""
    for found in HOST.finditer(value):
        start, end = found.span()
        before, after = value[max(start - 2, 0) : start], value[end : end + 1]
        port = bool(PORT.match(value, end))
        if after == "@" or (before[-1:] == "@" and not port):  # a user, or the host of an address of mail
            continue
        host = found[0].lower()
        yield Mention(by, host, paths.get(host, ""), plain=not (before == "//" or port or found[0] == alone))
