"""The ECS cluster query language: parser, and expressions as a disjunction of conditions.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecs2k8s.translate.query_tokens import WORD, WORDS, QueryError, Token, operator, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["All", "Condition", "Either", "Expression", "Not", "QueryError", "Terms"]
__all__ += ["TooManyTermsError", "both", "parse", "show", "terms"]

OPPOSITE = {"==": "!=", ">": "<=", ">=": "<", "in": "!in", "exists": "!exists", "=~": "!~"}
OPPOSITE |= {value: key for key, value in OPPOSITE.items()}
KEYWORDS = {"and", "or", "not", *WORDS}
LONGEST = 2_000  # characters; ECS takes no more
DEEPEST = 100  # nested brackets, far from the interpreter's own limit
MOST_TERMS = 32


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
    if len(text) > LONGEST:
        raise QueryError(f"column {LONGEST + 1}: longer than the {LONGEST:,} characters that ECS takes")
    return _Parser(tokens(text)).whole()


def show(expression: Expression) -> str:
    """The inverse of `parse`."""
    match expression:
        case Condition(subject, operator, values):
            listed = ", ".join(map(_literal, values))
            argument = f"[{listed}]" if operator in ("in", "!in") else listed
            return " ".join(part for part in (_literal(subject), operator, argument) if part)
        case Not(inner):
            return f"not ({show(inner)})"
        case All(parts) | Either(parts):
            word = " and " if isinstance(expression, All) else " or "
            return word.join(show(part) if isinstance(part, Condition) else f"({show(part)})" for part in parts)


def _literal(text: str) -> str:
    if re.fullmatch(WORD, text) and text.lower() not in KEYWORDS:
        return text
    return f'"{text}"' if "'" in text else f"'{text}'"


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.at = 0
        self.depth = 0

    def whole(self) -> Expression:
        found = self.either()
        if self.next.kind != "end":
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
            raise self.error(f"at most {DEEPEST} nested brackets")
        inner = self.either()
        self.expect(")")
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
        symbol = operator(self.next)
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
        self.expect("]")
        return tuple(values)

    def literal(self, what: str) -> str:
        if self.next.kind not in ("word", "quoted"):
            raise self.error(what)
        self.at += 1
        return self.tokens[self.at - 1].value

    def expect(self, symbol: str) -> None:
        if not self.take(symbol):
            raise self.error(symbol)

    def take(self, *values: str) -> bool:
        if self.next.kind in ("symbol", "word") and self.next.value.lower() in values:
            self.at += 1
            return True
        return False

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def error(self, wanted: str) -> QueryError:
        found = "the end" if self.next.kind == "end" else repr(self.next.value)
        return QueryError(f"column {self.next.column}: expected {wanted}, found {found}")


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
            return both(inner_terms) if conjunction else _fewest(itertools.chain.from_iterable(inner_terms))


def both(parts: Iterable[Terms]) -> Terms:
    """The conjunction of several disjunctions, by distributing. Raises `TooManyTermsError`."""
    found: Terms = ((),)
    for part in parts:
        found = _fewest(one + other for one in found for other in part)
    return found


def _fewest(found: Iterable[tuple[Condition, ...]]) -> Terms:
    """Without repetition, and without terms that only narrow down another one: `a or (a and b)` is `a`."""
    kept: dict[frozenset[Condition], tuple[Condition, ...]] = {}
    for term in found:
        conditions = frozenset(term)
        if any(other <= conditions for other in kept):
            continue
        kept = {other: shown for other, shown in kept.items() if not conditions <= other}
        kept[conditions] = tuple(dict.fromkeys(term))
    if len(kept) > MOST_TERMS:
        raise TooManyTermsError(f"more than {MOST_TERMS} terms")
    return tuple(kept.values())
