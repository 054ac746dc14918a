"""`aws`, `kubectl`, `openssl` of `make demo-cutover`: as much of each as the commands of a plan use, for the stand-ins.

`python -m tests.demo_hands aws …`; the real ones are not asked for, so that the demo runs where they are not installed.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import yaml

LOOPBACK = "http://127.0.0.1:"


def main(words: list[str]) -> int:
    return {"aws": aws, "kubectl": kubectl, "openssl": openssl}[words[0]](words[1:])


def openssl(words: list[str]) -> int:
    """The random header of a test rule."""
    assert words[:2] == ["rand", "-hex"]
    sys.stdout.write(f"{secrets.token_hex(int(words[2]))}\n")
    return 0


def aws(words: list[str]) -> int:
    """Options are members of botocore's models, as in the AWS CLI."""
    from botocore.session import Session

    service, operation, *rest = words
    given = dict(_options(rest))
    region, query = given.pop("--region", [""])[0], given.pop("--query", [""])[0]
    given.pop("--output", None)
    client = Session().create_client(service, region_name=region, endpoint_url=_loopback("AWS_ENDPOINT_URL"))
    name = operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[name]).input_shape
    answer = _send(client, name, _parameters(given, shape))
    if query:
        import jmespath  # type: ignore[import-untyped]

        sys.stdout.write(f"{jmespath.search(query, answer)}\n")
    else:
        sys.stdout.write(f"{operation}: done\n")
    return 0


def _send(client: Any, name: str, asked: dict[str, Any]) -> Any:
    return getattr(client, name)(**asked)


def _options(words: list[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            found.append((word, []))
        else:
            found[-1][1].append(word)
    return found


def _parameters(given: dict[str, list[str]], shape: Any) -> dict[str, Any]:
    from botocore import xform_name

    members = {f"--{xform_name(name, '-')}": name for name in shape.members}
    made: dict[str, Any] = {}
    for option, values in given.items():
        name = members.get(option) or members[option.replace("--no-", "--")]
        made[name] = _value(shape.members[name], values) if option in members else False
    return made


def _value(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "boolean":
        return True
    if shape.type_name in ("integer", "long"):
        return int(values[0])
    if values[0].startswith(("[", "{")):
        return json.loads(values[0])
    if shape.type_name == "list" and shape.member.type_name == "structure":
        return [dict(part.split("=", 1) for part in value.split(",")) for value in values]
    return values if shape.type_name == "list" else values[0]


def kubectl(words: list[str]) -> int:
    parser = argparse.ArgumentParser("kubectl", allow_abbrev=False)
    parser.add_argument("verb", choices=("apply", "delete", "patch"))
    parser.add_argument("what", nargs="?", default="")
    for flag in ("--server-side", "--ignore-not-found", "-R"):
        parser.add_argument(flag, action="store_true")
    for option in ("--field-manager", "--type", "-f", "-n", "-p"):
        parser.add_argument(option, default="")
    asked = parser.parse_args(words)
    if asked.verb == "patch":
        return _patch(asked)
    for manifest in yaml.safe_load_all(Path(asked.f).read_text("utf-8")):
        _apply(manifest, asked) if asked.verb == "apply" else _delete(manifest)
    return 0


def _apply(manifest: Any, asked: argparse.Namespace) -> None:
    query = {"fieldManager": asked.field_manager}
    _sent("PATCH", _path(manifest), manifest, "application/apply-patch+yaml", query)
    _say(manifest, "serverside-applied")


def _delete(manifest: Any) -> None:
    try:
        _sent("DELETE", _path(manifest))
    except HTTPError as error:
        if error.code != 404:
            raise
        return
    _say(manifest, "deleted")


def _patch(asked: argparse.Namespace) -> int:
    kind, name = asked.what.split("/")
    made = {"apiVersion": {"deployment": "apps/v1", "cronjob": "batch/v1"}[kind], "kind": kind.title()}
    manifest = made | {"metadata": {"name": name, "namespace": asked.n}}
    operations = json.loads(asked.p)
    query = {"fieldManager": asked.field_manager}
    _sent("PATCH", _path(manifest), operations, f"application/{asked.type}-patch+json", query)
    _say(manifest, "patched")
    return 0


def _say(manifest: Any, what: str) -> None:
    group = manifest["apiVersion"].rpartition("/")[0]
    kind = manifest["kind"].lower() + (f".{group}" if group else "")
    sys.stdout.write(f"{kind}/{manifest['metadata']['name']} {what}\n")


def _path(manifest: Any) -> str:
    """Asked of the server, as kubectl does."""
    version, space = manifest["apiVersion"], manifest["metadata"].get("namespace")
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    plurals = {each["kind"].lower(): each["name"] for each in _sent("GET", root)["resources"]}
    inside = f"/namespaces/{space}" if space else ""
    return f"{root}{inside}/{plurals[manifest['kind'].lower()]}/{manifest['metadata']['name']}"


def _sent(method: str, path: str, body: Any = None, kind: str = "", query: dict[str, str] | None = None) -> Any:
    config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text("utf-8"))
    server, token = config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"]
    assert server.startswith(LOOPBACK)
    headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": kind} if kind else {})
    data = json.dumps(body).encode() if body is not None else None
    url = f"{server}{path}?{urlencode(query or {})}"
    with urlopen(Request(url, data, headers, method=method)) as answer:
        return json.load(answer)


def _loopback(name: str) -> str:
    url = os.environ[name]
    assert url.startswith(LOOPBACK)
    return url


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
