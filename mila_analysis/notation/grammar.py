"""Tokens of a formula to a tree: the grammar that plain text and LaTeX share.

What people leave out is understood where it has one meaning: `4x`, `2(x+1)`,
`e^x(1 + x)`, `tanh^2(x)`, `tanh x`. What has two is refused: `1/2x`, `e^2x`,
`tanh 2x e^x`. Nothing is ever evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mila_analysis.activation import exact
from mila_analysis.errors import FormulaError, ParameterError, suggestion
from mila_analysis.notation.functions import ARITY, SPELLINGS, is_function
from mila_analysis.notation.tree import Node, apply, name, number, walk

__all__ = ["Token", "parse_tokens"]

MAX_TOKENS = 4000
MAX_DEPTH = 60
MAX_DIGITS = 100
FEW = 8
OPEN = {"(": ")", "{": "}", "[": "]", "|(": "|)"}
_KEYWORDS = {"lambda": ("lambda_", "lambd")}
"""What Python's words are called where they are names of parameters."""

COMPARISONS = ("<=", ">=", "==", "<", ">")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a formula.

    Attributes:
        kind: `number`, `word` or `sign`.
        text: as it is meant, such as `beta` for β.
        space: whether a blank stands before it.
        at: where it stands in the text, -1 where that is not known.
    """

    kind: str
    text: str
    space: bool = False
    at: int = -1


END = Token("sign", "")


def parse_tokens(
    tokens: Sequence[Token],
    variables: Sequence[str],
    given: Mapping[str, Node] | None = None,
) -> Node:
    """Tree of a formula.

    Args:
        tokens: of one expression.
        variables: names that may stand in it.
        given: names defined beside it, and what they stand for.

    Raises:
        FormulaError: not a formula, an unknown name, or more than one meaning.
    """
    if not tokens:
        raise FormulaError("the formula is empty")
    if len(tokens) > MAX_TOKENS:
        raise FormulaError(f"the formula has more than {MAX_TOKENS} signs")
    parser = _Parser(tokens, variables, given or {})
    tree = parser.sum()
    if parser.next is not END:
        raise parser.stuck()
    return tree


class _Parser:
    def __init__(
        self,
        tokens: Sequence[Token],
        variables: Sequence[str],
        given: Mapping[str, Node],
    ) -> None:
        self.tokens = tokens
        self.variables = variables
        self.given = given
        self.at = 0
        self.depth = 0

    # --- tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def skips(self, *signs: str) -> str:
        """The sign that comes next, if it is one of these, and go past it."""
        if self.next.kind == "sign" and self.next.text in signs and self.next.text:
            return self.take().text
        return ""

    def expect(self, sign: str) -> None:
        if not self.skips(sign):
            raise self.stuck(f"'{sign}' is missing")

    def stuck(self, why: str = "") -> FormulaError:
        here = self.tokens[max(self.at - 4, 0) : self.at + 1]
        shown = "".join(" " * t.space + t.text for t in here).strip()
        what = why or (
            "it breaks off"
            if self.next is END
            else f"'{self.next.text}' is out of place"
        )
        place = "at the end" if self.next is END else f"at '{shown[-40:]}'"
        return self.error(f"not a formula: {what} {place}")

    def error(self, why: str, token: Token | None = None) -> FormulaError:
        """The error that points at a token, the next one unless it is given."""
        at = (token or self.next).at
        return FormulaError(why, column=at + 1 if at >= 0 else None)

    # --- expressions

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(f"parentheses are nested more than {MAX_DEPTH} deep")
        tree = self.product()
        while sign := self.skips("+", "-"):
            tree = apply(sign, tree, self.product())
        self.depth -= 1
        return tree

    def product(self) -> Node:
        tree = self.signed()
        divided = loose = False
        while True:
            if sign := self.skips("*", "/"):
                start = self.at
                tree = apply(sign, tree, self.signed())
                divided, loose = sign == "/", self._is_loose(start)
            elif self._starts_operand():
                self._check_unambiguous(divided=divided and loose)
                tree = apply("*", tree, self.power())
                divided = False
            else:
                return tree

    def _is_loose(self, start: int) -> bool:
        """Whether an operand was written without parentheses around it."""
        return self.tokens[start].text not in OPEN

    def _starts_operand(self) -> bool:
        token = self.next
        if token.kind == "sign":
            return token.text in OPEN
        return token is not END

    def _check_unambiguous(self, *, divided: bool) -> None:
        before, here = self.tokens[self.at - 1], self.next
        if divided:
            raise self.stuck("'a/b c' has two meanings; write (a/b)*c or a/(b*c)")
        if here.kind == "number" and before.kind != "sign":
            raise self.stuck("an operator is missing")
        if before.kind == "number" and not here.space and self._is_exponent():
            raise self.stuck("'e^2x' has two meanings; write e^(2*x) or e^2*x, not so")

    def _is_exponent(self) -> bool:
        """Whether the number just read is a bare exponent whose end is not clear."""
        place = self.at - 2
        if place >= 0 and self.tokens[place].text == "-":
            place -= 1
        if place < 1 or self.tokens[place].text != "^":
            return False
        of_e = self.tokens[place - 1].text == "e"  # x^2(x+1) is clear, e^2(x+1) is not
        return of_e or self.next.text not in OPEN

    def signed(self) -> Node:
        if sign := self.skips("-", "+"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise FormulaError(f"more than {MAX_DEPTH} signs in a row")
            inner = self.signed()
            self.depth -= 1
            return apply("neg", inner) if sign == "-" else inner
        return self.power()

    def power(self) -> Node:
        base_is_e = self.next.kind == "word" and self.next.text == "e"
        is_defined = self.is_defined(self.next)
        base = self.atom()
        if not self.skips("^"):
            return base
        exponent = self.exponent()
        if is_defined:  # the square of s(x)
            self.skip_point()
        if base_is_e and base.kind == "exp":
            return apply("exp", exponent)
        return apply("**", base, exponent)

    def exponent(self) -> Node:
        """What stands above; powers of powers are read from the right."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaError(f"powers are nested more than {MAX_DEPTH} deep")
        tree = self.signed()
        self.depth -= 1
        return tree

    def atom(self) -> Node:
        token = self.next
        if token is END:
            raise self.stuck()
        if token.kind == "number":
            self.take()
            return _number(token.text)
        if token.kind == "word":
            self.take()
            if is_function(token.text) and token.text not in self.given:
                return self.call(SPELLINGS.get(token.text, token.text))
            return self.word(token)
        if token.text in OPEN:
            return self.group()
        raise self.stuck()

    def group(self) -> Node:
        opening = self.take().text
        tree = self.sum()
        self.expect(OPEN[opening])
        return apply("abs", tree) if opening == "|(" else tree

    # --- functions

    def call(self, function: str) -> Node:
        power = self.function_power(function)
        if self.next.kind == "sign" and self.next.text in OPEN:
            args = self.arguments(function)
        else:
            args = [self.bare(function)]
        if len(args) != ARITY[function]:
            count = ARITY[function]
            raise FormulaError(
                f"{function} takes {count} argument{'s' * (count > 1)}, not {len(args)}"
            )
        called = apply(function, *args)
        return apply("**", called, power) if power is not None else called

    def function_power(self, function: str) -> Node | None:
        """The 2 of `tanh^2(x)`."""
        if not self.skips("^"):
            return None
        braced = self.skips("{", "(")
        token = self.take()
        if token.kind != "number" or not token.text.isdigit():
            raise FormulaError(
                f"{function}^... takes a positive whole power before its argument"
            )
        if braced:
            self.expect(OPEN[braced])
        return _number(token.text)

    def arguments(self, function: str) -> list[Node]:
        opening = self.take().text
        conditions = self.conditions() if function == "where" else []
        args = [] if conditions else [self.sum()]
        while self.skips(","):
            args.append(self.sum())
        self.expect(OPEN[opening])
        return _chosen(conditions, args) if conditions else args

    def bare(self, function: str) -> Node:
        """Argument without parentheses: `tanh x`, `ln 2x`, and no more than that."""
        if self.next.kind == "sign":
            raise self.stuck(f"{function} needs an argument in parentheses;")
        tree = self.power()
        if self.tokens[self.at - 1].kind == "number" and self.next.kind == "word":
            tree = apply("*", tree, self.power())
        if self.next.kind == "word" and is_function(self.next.text):
            return tree  # `tanh x sech^2 x` is a product
        if self._starts_operand():
            raise self.stuck(f"it is not clear where the argument of {function} ends;")
        return tree

    def conditions(self) -> list[Node]:
        """Comparisons that must all hold; cases of LaTeX have a `&` between them."""
        found = self.comparisons()
        while self.skips("&"):
            found += self.comparisons()
        return found

    def comparisons(self) -> list[Node]:
        """A comparison, or two of a middle value: `-3 < x < 3`."""
        left = self.sum()
        found: list[Node] = []
        while sign := self.skips(*COMPARISONS):
            right = self.sum()
            found.append(apply(sign, left, right))
            left = right
        if not 1 <= len(found) <= 2:
            raise self.stuck("where takes a comparison and two values;")
        return found

    # --- names

    def word(self, token: Token) -> Node:
        text = token.text
        if text in self.given:
            if self.is_defined(Token("word", text)):
                self.skip_point()
            return self.given[text]
        for known in (text, *_KEYWORDS.get(text, ())):
            if known in self.variables:
                return name(known)
        if text == "e":
            return apply("exp", number(1))
        if text in ("pi", "π"):
            return apply("*", number(4), apply("atan", number(1)))
        raise self.error(_unknown(text, self.variables), token)

    def is_defined(self, token: Token) -> bool:
        """Whether a word was defined beside the formula, as a function of x."""
        found = self.given.get(token.text) if token.kind == "word" else None
        return found is not None and any(
            n.kind == "name" and n.text == "x" for n in walk(found)
        )

    def skip_point(self) -> None:
        """Go past the `(x)` of `s(x)`, if s was defined as a function of x."""
        inside = self.tokens[self.at : self.at + 3]
        texts = [t.text for t in inside]
        if texts in (["(", "x", ")"], ["{", "x", "}"]) and not inside[0].space:
            self.at += 3


def _chosen(conditions: Sequence[Node], values: Sequence[Node]) -> list[Node]:
    """Arguments of `where`; all conditions but one go into the first value."""
    if len(values) != 2:
        return [conditions[0], *values]
    yes, no = values
    for condition in reversed(conditions[1:]):
        yes = apply("where", condition, yes, no)
    return [conditions[0], yes, no]


def _number(text: str) -> Node:
    if sum(c.isdigit() for c in text) > MAX_DIGITS:
        raise FormulaError(f"a number of more than {MAX_DIGITS} digits")
    try:
        value = exact(text, "a number")
    except ParameterError as error:
        raise FormulaError(str(error)) from None
    return number(Fraction(value), text)


def _unknown(text: str, variables: Sequence[str]) -> str:
    known = ", ".join(variables) if len(variables) <= FEW else "single letters"
    if text == "beta":
        return (
            f"β has no value here (known: {known}); -a mila has a β, and so has swish"
        )
    if text in ("gelu", "GELU", "Phi"):
        return (
            f"'{text}' is outside of what can be proved here: numbers, roots, e^x, ln, "
            "tanh, erf, sin, cos, atan, and what is made of them"
        )
    if text == "varsigma":  # the first Mish paper means softplus by it, others σ
        return r"'\varsigma' has more than one meaning; write \sigma or \ln(1+e^x)"
    if text.lower() in variables:
        return f"'{text}' is not known; did you mean '{text.lower()}'?"
    if text == "y" and "beta" in variables:
        return f"'y' is not known (known: {known}); the original prints y for β"
    if re.fullmatch(r"[a-zA-Z]\w*", text) and len(text) > 1:
        near = suggestion(text, [*ARITY, *SPELLINGS, *variables])
        return f"'{text}' is not known (known: {known}){near}"
    return (
        f"'{text}' is not known (known: {known}); define it beside the formula: "
        f"'...; {text} = ...'"
    )
