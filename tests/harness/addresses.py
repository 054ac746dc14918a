"""Addresses of loopback, one for each pod, task and node of a load balancer, so that each has the port that it wants."""

from __future__ import annotations

import itertools
import os
import socket


class Addresses:
    """Those of one process; another one that tests at the same time has others, as far as their ids differ."""

    _next = itertools.count(1)

    def __init__(self) -> None:
        self._ports: dict[int, int] = {}

    def take(self) -> str:
        number = next(self._next)
        return f"127.{1 + os.getpid() % 250}.{number // 250 % 250}.{1 + number % 250}"

    def port(self, wanted: int) -> int:
        """The port that stands for *wanted* on all of these addresses: one that is free now, as 80 is not ours."""
        if wanted not in self._ports:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                self._ports[wanted] = probe.getsockname()[1]
        return self._ports[wanted]
