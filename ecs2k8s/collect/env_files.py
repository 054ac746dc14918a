"""Reads copies of environment files as the ECS agent would read the files themselves.

The rules are those of the agent: https://github.com/aws/amazon-ecs-agent, agent/taskresource/envFiles/envfile.go.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from ecs2k8s.collect.sources import Unreadable, read_bytes
from ecs2k8s.core.documents import Document
from ecs2k8s.core.errors import SnapshotError
from ecs2k8s.core.escape import escape
from ecs2k8s.core.redacted import looks_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

ARN = re.compile(r"arn:aws[a-z-]*:s3:::[^/]+/.+")
USAGE = "write --env-file arn:aws:s3:::BUCKET/KEY=PATH"


def read_env_files(pairs: Sequence[str]) -> list[Document]:
    """One document for each `ARN=PATH`, sorted. Raises `SnapshotError` for a wrong pair and for a file that is none."""
    documents: dict[str, Document] = {}
    for pair in pairs:
        arn, path = _split(pair)
        if arn in documents:
            raise SnapshotError(f"--env-file {escape(arn)}: two files are given for it: keep one")
        variables = [_variable(name, value) for name, value in parse(_text(path)).items()]
        documents[arn] = Document("s3.EnvironmentFile", arn, {"arn": arn, "variables": variables})
    return [documents[arn] for arn in sorted(documents)]


def _split(pair: str) -> tuple[str, str]:
    """A key in S3 may hold `=`: the first one that has a file behind it parts the pair, else the first."""
    places = [index for index, character in enumerate(pair) if character == "="]
    if not places:
        raise SnapshotError(f"--env-file {escape(pair)}: no = in it: {USAGE}")
    at = next((index for index in places if "\0" not in pair and os.path.exists(pair[index + 1 :])), places[0])  # noqa: PTH110
    arn, path = pair[:at], pair[at + 1 :]
    if not ARN.fullmatch(arn) or escape(arn) != arn:
        raise SnapshotError(f"--env-file {escape(pair)}: {escape(arn)!r} is no ARN of an object in S3: {USAGE}")
    return arn, path


def _text(path: str) -> str:
    try:
        return read_bytes(path).decode()
    except ValueError as error:  # a wrong byte in the file, or NUL in the path
        reason = f"byte {error.start} is no UTF-8" if isinstance(error, UnicodeDecodeError) else "is no path"
        raise SnapshotError(f"--env-file {escape(path)}: {reason}: name a text file") from error
    except Unreadable as error:
        raise SnapshotError(f"--env-file {escape(path)}: {error.reason}") from error


def parse(text: str) -> dict[str, str]:
    """The variables of one file. Blanks, quotes and `export ` are part of what they stand in; the last line wins."""
    variables: dict[str, str] = {}
    for line in text.split("\n"):
        name, separator, value = line.removesuffix("\r").partition("=")
        if separator and name and not line.startswith("#"):
            variables[name] = value
    return variables


def _variable(name: str, value: str) -> dict[str, Any]:
    return {"name": name} if looks_secret(name, value) else {"name": name, "value": value}
