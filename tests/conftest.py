"""What all tests share: `--update`, the corpus, a network that ends at loopback, and repeatable random examples."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore import handlers
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from ecs2k8s.collect.calls import CREDENTIALS, calls
from ecs2k8s.cutover.aws.calls import reads, writes
from ecs2k8s.cutover.aws.connect import SESSION_NAME
from ecs2k8s.replay.emulator import FILLING
from ecs2k8s.replay.hook import names
from tests.figures import Figures, claimed, page_of
from tests.standing import TRYING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.figures import Figure

PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # of a busy machine
settings.register_profile("dev", **PATIENT)
settings.register_profile("ci", derandomize=True, database=None, **PATIENT)
settings.register_profile("long", max_examples=2_000, **PATIENT)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# Hypothesis draws constants out of the modules that happen to be imported by then, so one seed would be other examples in
# another order of tests. It has no setting for that; tests/test_seeds.py shows when it calls this otherwise.
providers._get_local_constants = lambda: providers._local_constants

CORPUS = "ECS2K8S_CORPUS"
INTERNET = (socket.AF_INET, socket.AF_INET6)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite expected outputs and generated docs")
    parser.addoption("--figures", action="store_true", help="write docs/reliability.md")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Figures(page_of(config)))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Thousands of tests stay until the end: the collector of garbage never looks through them, which takes minutes."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    claimed(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("corpus"):
        corpus_folder()


@pytest.fixture(scope="session")
def update(pytestconfig: pytest.Config) -> bool:
    """Whether expected outputs are to be rewritten instead of compared."""
    return bool(pytestconfig.getoption("--update"))


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Takes what the test measured of the claim that its mark names."""
    return lambda **numbers: request.node.user_properties.append(("figure", numbers))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of public task definitions and services; skips the test where there is none."""
    return corpus_folder()


def corpus_folder() -> Path:
    named = os.environ.get(CORPUS, "")
    if not named:
        pytest.skip(f"{CORPUS} is not set: it names a folder of files as the AWS CLI exports them")
    if not Path(named).is_dir():
        pytest.skip(f"{CORPUS}={named} is no folder")
    return Path(named)


@pytest.fixture(autouse=True)
def collected_garbage() -> Iterator[None]:
    """An export switches the collector off, which is for a process that ends after it."""
    yield
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> None:
    """Make the test fail that connects, sends or asks for a name beyond this machine. Processes it starts are not seen.

    An audit hook sees what any library in any thread does, before it is done. It cannot be removed, and need not be.
    """
    sys.addaudithook(refuse)


@pytest.fixture(autouse=True, scope="session")
def only_reads() -> None:
    """Make the test fail that sends AWS, or what stands in for it, an operation that is no row of collect.yaml.

    A cutover may also send what is a row of cutover.yaml.

    Every client of botocore in this process is seen, also one that was made without the guard. What fills an emulator,
    or tests the stand-in itself, says so. Processes that tests start speak to a server of the replay layer, which knows the same operations only.
    """
    handlers.BUILTIN_HANDLERS.append(("before-send", only_rows))


def only_rows(event_name: str, request: Any, **_: Any) -> None:
    service, operation = event_name.split(".")[1:]
    value = request.headers.get("User-Agent", b"")
    agent = value.decode() if isinstance(value, bytes) else value
    if FILLING in agent or TRYING in agent:
        return
    name = f"{names().get(service, service)}.{operation}"
    known = {*reads(), *writes()} if SESSION_NAME in agent else calls()
    if name not in known and name not in CREDENTIALS:
        pytest.fail(
            f"{name} was sent: it is no row of mappings/{'cutover' if SESSION_NAME in agent else 'collect'}.yaml"
        )


def refuse(event: str, args: tuple[Any, ...]) -> None:
    host = addressed(event, args)
    if host is not None and not is_loopback(host):
        pytest.fail(f"{event} to {host}: tests may only use loopback")


def addressed(event: str, args: tuple[Any, ...]) -> str | None:
    """The host that a socket's audit event is about; None where it leaves no process (Unix sockets, other events)."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        sock, address = args
        return str(address[0]) if sock.family in INTERNET and address else None
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        return None if args[0] is None else _text(args[0])
    return None


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _text(host: str | bytes) -> str:
    return host.decode() if isinstance(host, bytes) else host
