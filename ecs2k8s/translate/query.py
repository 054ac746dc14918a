"""The ECS cluster query language: parser, and expressions as a disjunction of conditions.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TOKEN = re.compile(
    r"""\s*(?:
      (?P<symbol>\|\||&&|==|!=|>=|<=|=~|!~|[()\[\],><])
    | (?P<bang>!(?![=~]))
    | '(?P<single>[^']*)' | "(?P<double>[^"]*)"
    | (?P<word>[^\s()\[\],'"!=<>|&]+)
    )""",
    re.VERBOSE,
)
WORDS = {
    "equals": "==",
    "not_equals": "!=",
    "greater_than": ">",
    "greater_than_equal": ">=",
    "less_than": "<",
    "less_than_equal": "<=",
    "matches": "=~",
    "exists": "exists",
    "not_exists": "!exists",
    "in": "in",
    "not_in": "!in",
}
OPPOSITE = {"==": "!=", ">": "<=", ">=": "<", "in": "!in", "exists": "!exists", "=~": "!~"}
OPPOSITE |= {value: key for key, value in OPPOSITE.items()}
DEEPEST = 100  # nested brackets; ECS takes 2,000 characters
MOST_TERMS = 32


class QueryError(ValueError):
    """The text is no expression of the language; says what was found and at which column."""


class TooManyTermsError(ValueError):
    """As a disjunction the expression has more than `MOST_TERMS` terms."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`subject operator values`, the operator in its symbol form (`==`, `in`, `!exists`, `=~`, …)."""

    subject: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    inner: Expression


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Some part holds."""

    parts: tuple[Expression, ...]


Expression = Condition | Not | All | Either
Terms = tuple[tuple[Condition, ...], ...]


def parse(text: str) -> Expression:
    """The expression in *text*. Raises `QueryError` with the column."""
    return _Parser(text).whole()


def tokens(text: str) -> list[tuple[str, str, int]]:
    """Kind (`symbol`, `word`, `quoted`), value and column of each token."""
    found = []
    position = 0
    while position < len(text.rstrip()):
        token = TOKEN.match(text, position)
        if not token:
            raise QueryError(f"column {position + 1}: unexpected {text[position : position + 10]!r}")
        kind = str(token.lastgroup)
        start = token.start(kind)
        value = "!" if kind == "bang" else token[kind]
        shown = "quoted" if kind in ("single", "double") else "symbol" if kind == "bang" else kind
        found.append((shown, value, start))
        position = token.end()
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = 0
        self.depth = 0

    def whole(self) -> Expression:
        found = self.either()
        if self.at < len(self.tokens):
            raise self.error("the end")
        return found

    def either(self) -> Expression:
        parts = [self.both()]
        while self.take("||", "or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self) -> Expression:
        parts = [self.opposite()]
        while self.take("&&", "and"):
            parts.append(self.opposite())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def opposite(self) -> Expression:
        denied = False
        while self.take("!", "not"):
            denied = not denied
        inner = self.atom()
        return Not(inner) if denied else inner

    def atom(self) -> Expression:
        if not self.take("("):
            return self.condition()
        self.depth += 1
        if self.depth > DEEPEST:
            raise QueryError("nested too deeply")
        inner = self.either()
        if not self.take(")"):
            raise self.error(")")
        self.depth -= 1
        return inner

    def condition(self) -> Condition:
        subject = self.literal("a subject such as attribute:ecs.instance-type")
        operator = self.operator()
        if operator.endswith("exists"):
            return Condition(subject, operator)
        if operator.endswith("in"):
            return Condition(subject, operator, self.many())
        return Condition(subject, operator, (self.literal("a value"),))

    def operator(self) -> str:
        denied = self.take("!")
        kind, value, _ = self.peek()
        symbol = WORDS.get(value.lower(), value) if kind == "word" else value
        if symbol not in OPPOSITE or (denied and symbol not in ("exists", "in")):
            raise self.error("an operator")
        self.at += 1
        return OPPOSITE[symbol] if denied else symbol

    def many(self) -> tuple[str, ...]:
        if not self.take("["):
            return (self.literal("a list in [ ]"),)
        values = [self.literal("a value")]
        while self.take(","):
            values.append(self.literal("a value"))
        if not self.take("]"):
            raise self.error("]")
        return tuple(values)

    def literal(self, what: str) -> str:
        kind, value, _ = self.peek()
        if kind not in ("word", "quoted"):
            raise self.error(what)
        self.at += 1
        return value

    def take(self, *values: str) -> bool:
        kind, value, _ = self.peek()
        if kind in ("symbol", "word") and value.lower() in values:
            self.at += 1
            return True
        return False

    def peek(self) -> tuple[str, str, int]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", -1)

    def error(self, wanted: str) -> QueryError:
        kind, value, column = self.peek()
        found = "the end" if kind == "end" else repr(value)
        place = "" if column < 0 else f"column {column + 1}: "
        return QueryError(f"{place}expected {wanted}, found {found}")


def terms(expression: Expression) -> Terms:
    """*expression* as a disjunction of conjunctions. Raises `TooManyTermsError`."""
    return _terms(expression, denied=False)


def _terms(expression: Expression, *, denied: bool) -> Terms:
    match expression:
        case Condition(subject, operator, values):
            return ((Condition(subject, OPPOSITE[operator] if denied else operator, values),),)
        case Not(inner):
            return _terms(inner, denied=not denied)
        case All(parts) | Either(parts):
            inner_terms = [_terms(part, denied=denied) for part in parts]
            conjunction = isinstance(expression, All) != denied
            return both(inner_terms) if conjunction else _limited(itertools.chain.from_iterable(inner_terms))


def both(parts: Iterable[Terms]) -> Terms:
    """The conjunction of several disjunctions, by distributing. Raises `TooManyTermsError`."""
    found: Terms = ((),)
    for part in parts:
        found = _limited(one + other for one in found for other in part)
    return found


def _limited(found: Iterable[tuple[Condition, ...]]) -> Terms:
    unique = tuple(dict.fromkeys(itertools.islice(found, MOST_TERMS * MOST_TERMS + 1)))
    if len(unique) > MOST_TERMS:
        raise TooManyTermsError(f"more than {MOST_TERMS} terms")
    return unique
