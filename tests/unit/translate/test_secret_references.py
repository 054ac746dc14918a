"""`valueFrom` against a second parser, written here from the user guide; what the operator would fetch is read back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ecs2k8s.core.documents import Document, Snapshot
from ecs2k8s.core.target import Target
from ecs2k8s.resolve.index import Index
from ecs2k8s.resolve.inventory import resolve
from ecs2k8s.translate.refusal import Refusal
from ecs2k8s.translate.secret_references import referred_secrets

if TYPE_CHECKING:
    from ecs2k8s.translate.secret_references import Remote

HOME = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1"
NAME = st.text("abcXYZ019/_+=.@-", min_size=1, max_size=12)
KEY = st.text("abXY09 .-_\\*?|#@!{}[](),~^$\"'é", max_size=8)
PLACE = st.tuples(st.sampled_from(["eu-west-1", "us-east-1"]), st.sampled_from(["111122223333", "444455556666"]))
TAIL = st.lists(st.one_of(st.just(""), KEY, NAME), max_size=5).map(lambda parts: "".join(f":{part}" for part in parts))
MANAGER = st.builds(lambda p, n, t: f"arn:aws:secretsmanager:{p[0]}:{p[1]}:secret:{n}{t}", PLACE, NAME, TAIL)
PARAMETER = st.builds(lambda p, n: f"arn:aws:ssm:{p[0]}:{p[1]}:parameter/{n}", PLACE, NAME)
FORM = re.compile(r"arn:aws:secretsmanager:([^:]*):([^:]*):(secret:[^:]*)(?::([^:]*):([^:]*):([^:]*))?", re.DOTALL)
Read = tuple[str, str, str, str, str, str]  # service, Region, account, id, key, version


def independent(text: str) -> Read | None:
    """What ECS reads; None where it refuses."""
    if found := FORM.fullmatch(text):
        region, account, name, key, stage, ident = (part or "" for part in found.groups())
        version = f"uuid/{ident}" if ident else stage
        return "SecretsManager", region, account, f"arn:aws:secretsmanager:{region}:{account}:{name}", key, version
    if text.startswith("arn:aws:secretsmanager:"):
        return None
    if text.startswith("arn:aws:ssm:"):
        return "ParameterStore", text.split(":")[3], text.split(":")[4], text, "", ""
    return "ParameterStore", "eu-west-1", "111122223333", text, "", ""


def unescaped(path: str) -> str:
    """The key that gjson looks for: no operator stands bare, and a backslash makes the next character plain."""
    assert not re.search(r"(?<!\\)(?:\\\\)*[*?|#@!{[]", path), path
    return re.sub(r"\\(.)", r"\1", path, flags=re.DOTALL)


def decoded(remote: Remote) -> Read:
    found = remote.reference
    account = remote.store.account or "111122223333"
    key = unescaped(found.get("property", ""))
    return remote.store.service, remote.store.region, account, found["key"], key, found.get("version", "")


def referred(text: str) -> Remote:
    data = {"taskDefinitionArn": HOME, "family": "web", "revision": 1, "status": "ACTIVE"}
    data["containerDefinitions"] = [{"name": "c", "image": "c:1", "secrets": [{"name": "A", "valueFrom": text}]}]
    snapshot = Snapshot((Document("ecs.TaskDefinition", HOME, data),))
    workload = resolve(Index.of(snapshot.documents), Target()).workloads[0]
    return referred_secrets(workload)[0].remote


@given(st.one_of(MANAGER, PARAMETER, NAME))
def test_a_reference_is_what_ecs_reads(text: str) -> None:
    expected = independent(text)
    try:
        found = decoded(referred(text))
    except Refusal:
        assert expected is None
    else:
        assert found == expected
