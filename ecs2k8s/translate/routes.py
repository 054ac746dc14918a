"""Routes: what a listener does with a request, the one form between AWS, Ingress and Gateway API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Field = Literal["host-header", "path-pattern", "http-header", "http-request-method", "query-string", "source-ip"]
Query = tuple[str | None, str]  # key (None: any) and value


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: any of `values` (or, for a query string, of `queries`) is enough.

    `name` is the header's. `regex`: the values are regular expressions, not globs.
    """

    field: Field
    values: tuple[str, ...] = ()
    queries: tuple[Query, ...] = ()
    name: str = ""
    regex: bool = False

    @property
    def normal(self) -> tuple[object, ...]:
        """What decides, whatever the order; names of headers are case-insensitive."""
        return (self.field, self.name.lower(), self.regex, frozenset(self.values), frozenset(self.queries))


@dataclass(frozen=True, slots=True)
class Forward:
    """To backends with weights. A backend is the ARN of a target group or `namespace/service:port`.

    `sticky` is how long in seconds a client stays with the backend that it got first; None: not at all.
    """

    backends: tuple[tuple[str, int], ...]
    sticky: int | None = None

    @property
    def normal(self) -> tuple[object, ...]:
        """One backend alone gets everything unless its weight is 0; of several the order does not matter.

        Beside others a backend with the weight 0 gets nothing, but for clients that stayed with it until now.
        """
        heard = [(backend, weight) for backend, weight in self.backends if weight > 0 or self.sticky is not None]
        backends = heard or self.backends
        alone = len(backends) == 1
        weighted = frozenset((backend, min(weight, 1) if alone else weight) for backend, weight in backends)
        return ("forward", weighted, self.sticky)


@dataclass(frozen=True, slots=True)
class Redirect:
    """As AWS writes it, with placeholders such as `#{host}` for what stays."""

    status: str
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"

    @property
    def normal(self) -> tuple[object, ...]:
        return ("redirect", self.status, self.protocol, self.host, self.port, self.path, self.query)


@dataclass(frozen=True, slots=True)
class FixedResponse:
    status: str
    content_type: str = ""
    body: str = ""

    @property
    def normal(self) -> tuple[object, ...]:
        return ("fixed-response", self.status, self.content_type, self.body)


Action = Forward | Redirect | FixedResponse


@dataclass(frozen=True, slots=True)
class Authentication:
    """What must be proved before the action. `settings` by AWS's names, nested ones with dots, in order of name.

    Values are text: numbers in decimal, lists and maps as JSON with sorted keys.
    """

    kind: Literal["authenticate-oidc", "authenticate-cognito", "jwt-validation"]
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Transform:
    kind: Literal["host-header-rewrite", "url-rewrite"]
    rewrites: tuple[tuple[str, str], ...]  # regular expression, replacement


@dataclass(frozen=True, slots=True)
class Route:
    """One rule: all conditions hold, then authentication, transforms, action. Without conditions it is a default."""

    conditions: tuple[Condition, ...]
    action: Action
    authentication: Authentication | None = None
    transforms: tuple[Transform, ...] = ()

    @property
    def normal(self) -> tuple[object, ...]:
        """Equal for two routes that no request can tell apart by the order of their parts."""
        conditions = frozenset(condition.normal for condition in self.conditions)
        return (conditions, self.action.normal, self.authentication, frozenset(self.transforms))
