"""Speaks to a cluster: it reads, and asks what a server-side apply would do.

One guard in front of the socket lets nothing else through, whatever the code above it asks for; what a cutover may send
besides is a rule of its own (`cutover.cluster.guard`). Credentials come from a kubeconfig as kubectl reads it, plugins
included. Nothing is written: neither a cache nor a refreshed token.
"""

from __future__ import annotations

import logging
import os
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs

import msgspec

from ecs2k8s.core.errors import Ecs2k8sError
from ecs2k8s.core.formats import MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ecs2k8s.core.manifests import Manifest

APPLY = "application/apply-patch+yaml"  # JSON is YAML
JSON = "application/json"
THREADS = 8
LARGEST = 64 * 1024 * 1024  # bytes of one answer; the server keeps objects of 1.5 MiB at most, and lists come in pages
AGAIN = (429, 500, 502, 503, 504)
LONGEST = 2000  # characters of what the server says
LONGEST_PAUSE = 10.0  # seconds, whatever Retry-After says
# Discovery, lists and objects. Subresources that act on GET (proxy, exec, attach, portforward) are none of these.
SEGMENT = r"(?!(?:\.|%2[eE]){1,2}(?:/|$))(?:[\w.~-]|%(?!2[fF])[0-9a-fA-F]{2})+"
READABLE = re.compile(rf"/(?:api/v1|apis/{SEGMENT}/{SEGMENT})(?:/namespaces/{SEGMENT})?(?:/{SEGMENT}){{0,2}}", re.ASCII)
OF_URLLIB3 = re.compile(r"(?:<[^>]*>|\w+\(host=[^)]*\)): ")  # an object that its messages begin with
WARNING = re.compile(r'299 \S+ "(.*)"', re.DOTALL)


class ClusterError(Ecs2k8sError):
    """The cluster cannot be asked: no such context, no login, no answer."""


class NotAllowedError(Ecs2k8sError):
    """Something was about to be sent that the rule of the connection does not allow."""


class Rule(Protocol):
    """What may be sent: the path with its query, as it follows the server's address. Its name says what that is."""

    __name__: str

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: Any, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is sent, the first pause between two in seconds, and how long an answer may take."""

    attempts: int = 4
    pause: float = 0.25
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` is 0 where nothing did; `body` is None where it is no JSON object."""

    status: int
    body: dict[str, Any] | None = None
    text: str = ""  # why there is no body
    again: float | None = None  # seconds, as Retry-After says
    warnings: tuple[str, ...] = ()
    ident: str = ""  # by which the server's audit log has the request

    @property
    def good(self) -> bool:
        return self.status in (200, 201) and self.body is not None

    @property
    def message(self) -> str:
        """The server's own words, or what is wrong with the answer."""
        said = (self.body or {}).get("message")
        return said[:LONGEST] if isinstance(said, str) and said else self.text or f"HTTP {self.status}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that can be asked. `client` is the Python client's own, with the guard in front of its socket."""

    client: Any
    server: str
    manager: str = MANAGER
    patience: Patience = Patience()

    @property
    def verified(self) -> bool:
        """Whether the server has to show a certificate that the kubeconfig vouches for."""
        return self.server.startswith("https://") and bool(self.client.configuration.verify_ssl)

    def get(self, path: str, **query: str) -> Answer:
        return self.sent("GET", path, query)

    def dry_run(self, path: str, manifest: Manifest) -> Answer:
        """What a server-side apply of *manifest* would make. Never forced: a field of others is a conflict."""
        return self.sent("PATCH", path, question(self.manager), manifest, {"Content-Type": APPLY})

    def identity(self) -> str:
        """The UID of kube-system, which no two clusters share. Raises `ClusterError` where nobody answers for one."""
        answer = self.get("/api/v1/namespaces/kube-system")
        found = (answer.body or {}).get("metadata")
        if answer.good and isinstance(found, dict) and found.get("uid"):
            return str(found["uid"])
        if answer.status == HTTPStatus.FORBIDDEN and answer.body:
            return ""
        raise ClusterError(f"{self.server}: {answer.message}")

    def sent(  # noqa: PLR0913 (the parts of a request)
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        attempts: int | None = None,
    ) -> Answer:
        """Raises `ClusterError` where the login is not taken. *body* is the value: the client makes JSON of it."""
        answer = Answer(0)
        for attempt in range(attempts or self.patience.attempts):
            if attempt:
                pause = self.patience.pause * 2 ** (attempt - 1) if answer.again is None else answer.again
                time.sleep(min(pause, LONGEST_PAUSE))
            answer = self._once(method, path, query, body, headers or {})
            if answer.status and answer.status not in AGAIN:
                break
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise ClusterError(f"{self.server}: {answer.message}: log in again, as your kubeconfig's user needs it")
        return answer

    def _once(self, method: str, path: str, query: Mapping[str, str], body: Any, headers: Mapping[str, str]) -> Answer:
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415 (a third of a second)
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 (comes with it)

        try:
            request = self.client.param_serialize(
                method,
                path,
                query_params=list(query.items()),
                header_params={"Accept": JSON, **headers},
                auth_settings=["BearerToken"],
            )
            method_, url, made, *_ = request
            sent = self.client.call_api(method_, url, made, body, _request_timeout=self.patience.timeout)
            return _answer(sent.response)
        except (ApiException, HTTPError) as error:
            return Answer(0, text=_one_line(error))


def question(manager: str) -> dict[str, str]:
    """The query of every PATCH that is sent."""
    return {"fieldManager": manager, "dryRun": "All", "fieldValidation": "Strict"}


def reads_and_dry_runs(method: str, path: str, headers: Mapping[str, str], _body: Any, /) -> bool:
    """The rule of all that does not change a cluster."""
    return allowed(method, path, headers)


def connect(
    kubeconfig: str | None, context: str | None, manager: str, patience: Patience, rule: Rule = reads_and_dry_runs
) -> Cluster:
    """The cluster of a context. Raises `ClusterError` where the files name none, or its login gives no credentials."""
    from kubernetes import client, config  # noqa: PLC0415 (a third of a second)
    from urllib3 import disable_warnings  # noqa: PLC0415
    from urllib3.exceptions import InsecureRequestWarning  # noqa: PLC0415
    from yaml import YAMLError  # noqa: PLC0415

    files = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    settings = client.Configuration()
    settings.retries = False  # of the library: they would follow redirects, and wait as they like
    settings.connection_pool_maxsize = THREADS
    try:
        with _errors_that_are_only_logged() as logged:
            config.load_kube_config(files, context, settings, persist_config=False)  # type: ignore[no-untyped-call]
    except (config.ConfigException, YAMLError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ClusterError(f"{files}: {_one_line(error)}") from error
    if logged:  # the plugin failed, and without credentials the server would be asked as nobody
        raise ClusterError(f"{files}: {logged[0]}")
    if not settings.verify_ssl:  # said once (`verified`), and not by urllib3 at each request
        disable_warnings(InsecureRequestWarning)
    connected = client.ApiClient(settings)
    connected.user_agent = "ecs2k8s"
    guard(connected.rest_client, settings.host, rule)
    return Cluster(connected, settings.host, manager, patience)


def guard(rest: Any, server: str, rule: Rule) -> None:
    """Let *rest*, what all of the Python client sends through, send what *rule* allows to *server* and nothing else."""
    send: Callable[..., Any] = rest.request

    def checked(method: str, url: str, headers: Mapping[str, str] | None = None, body: Any = None, **more: Any) -> Any:
        if not (url.startswith(f"{server}/") and rule(method, url.removeprefix(server), headers or {}, body)):
            what = rule.__name__.replace("_", " ")
            raise NotAllowedError(f"{method} {url}: only {what} are sent; this is a defect, and nothing was sent")
        return send(method, url, headers, body, **more)

    rest.request = checked


def allowed(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """*path* with its query, as it follows the address of the server."""
    path, _, text = path.partition("?")
    query = parse_qs(text, keep_blank_values=True)
    if not READABLE.fullmatch(path):
        return False
    if method == "GET":
        return query.keys() <= {"labelSelector", "limit", "continue"}
    manager = query.get("fieldManager", [""])[0]
    expected = {key: [value] for key, value in question(manager).items()}
    return method == "PATCH" and bool(manager) and query == expected and headers.get("Content-Type") == APPLY


def _answer(response: Any) -> Answer:
    try:
        data = response.read(LARGEST + 1, decode_content=True)
    finally:
        response.close() if response.length_remaining else response.release_conn()
    later = response.headers.get("Retry-After", "")
    again = float(later) if later.isdecimal() else None
    if len(data) > LARGEST:
        return Answer(response.status, text=f"the answer is larger than {LARGEST} bytes", again=again)
    try:
        body = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Answer(response.status, text=f"HTTP {response.status}: no answer of an API server", again=again)
    warnings = tuple(_warning(text) for text in response.headers.getlist("Warning"))
    return Answer(response.status, body, again=again, warnings=warnings, ident=response.headers.get("Audit-Id", ""))


def _warning(header: str) -> str:
    """The text of a Warning header: https://www.rfc-editor.org/rfc/rfc7234#section-5.5."""
    found = WARNING.fullmatch(header)
    return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL) if found else header


@contextmanager
def _errors_that_are_only_logged() -> Iterator[list[str]]:
    """What the Python client logs of a credential plugin that fails, instead of raising it."""
    found: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        yield found
    finally:
        logging.getLogger().removeHandler(handler)


def _one_line(error: BaseException) -> str:
    return OF_URLLIB3.sub("", " ".join(str(error).split())) or type(error).__name__
