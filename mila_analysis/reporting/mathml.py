"""LaTeX as this program writes it to MathML, which browsers set without help.

The LaTeX is ours, of a few dozen commands, and what is unknown here is refused instead
of shown wrongly; a test takes all of the catalog through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from mila_analysis.errors import UnsupportedError

__all__ = ["aligned", "formula"]

TOKENS = re.compile(r"\\[A-Za-z]+\*?|\\.|(?:\d+(?:\.\d+)?)|[{}^_&]|'+|[^\s]", re.ASCII)
LETTERS = {
    r"\alpha": "α", r"\beta": "β", r"\gamma": "γ", r"\delta": "δ", r"\epsilon": "ε",
    r"\varepsilon": "ε", r"\zeta": "ζ", r"\eta": "η", r"\theta": "θ", r"\iota": "ι",
    r"\kappa": "κ", r"\lambda": "λ", r"\mu": "μ", r"\nu": "ν", r"\xi": "ξ",
    r"\pi": "π", r"\rho": "ρ", r"\sigma": "σ", r"\tau": "τ", r"\upsilon": "υ",
    r"\Upsilon": "Υ",
    r"\phi": "ϕ", r"\varphi": "φ", r"\chi": "χ", r"\psi": "ψ", r"\omega": "ω",
    r"\Gamma": "Γ", r"\Delta": "Δ", r"\Theta": "Θ", r"\Lambda": "Λ", r"\Xi": "Ξ",
    r"\Pi": "Π", r"\Sigma": "Σ", r"\Phi": "Φ", r"\Psi": "Ψ", r"\Omega": "Ω",
    r"\infty": "∞", r"\partial": "∂",
}  # fmt: skip
OPERATORS = {
    r"\cdot": "·", r"\times": "×", r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\to": "→",
    r"\sim": "∼", r"\equiv": "≡", r"\pm": "±", r"\surd": "√",
    r"\in": "∈", r"\approx": "≈", r"\mapsto": "↦", "-": "−",
    r"\{": "{", r"\}": "}", r"\|": "‖",
}  # fmt: skip
SPACES = {r"\,": 0.17, r"\;": 0.28, r"\:": 0.22, r"\quad": 1.0, r"\!": -0.17,
          r"\ ": 0.25}  # fmt: skip
WORDS = {
    "arctan", "cos", "cosh", "exp", "inf", "lim", "ln", "log", "max", "min", "sin",
    "sinh", "sup", "tan", "tanh",
}  # fmt: skip
CELL_ENDS = ("&", r"\\", r"\end")
GAP = "0.17em"
BELOW = {"lim", "max", "min", "sup", "inf"}
BRACKETS = "()[]"
BEFORE_A_SIGN = {"", "(", "[", ",", "=", "<", ">", ":", "|", r"\text", r"\,", r"\;",
                 r"\quad", r"\sim", r"\le", r"\ge", r"\to", r"\cdot"}  # fmt: skip


def formula(latex: str) -> str:
    """`math` element of a formula in a line.

    Raises:
        UnsupportedError: LaTeX that this program does not write.
    """
    return _math(_Reader(latex).all(), latex, "")


def aligned(lines: Sequence[str]) -> str:
    """`math` element of lines, each with one `&`, below each other.

    Raises:
        UnsupportedError: LaTeX that this program does not write.
    """
    rows = "".join(f"<mtr>{''.join(_cells(line))}</mtr>" for line in lines)
    table = f'<mtable displaystyle="true" class="aligned">{rows}</mtable>'
    return _math(table, " \\\\\n".join(lines), ' display="block"')


def _cells(line: str) -> Iterator[str]:
    left, _, right = _divided(line)
    yield f"<mtd>{_Reader(left).all()}</mtd>"
    yield f"<mtd>{_Reader(right).all()}</mtd>"


def _divided(line: str) -> tuple[str, str, str]:
    """What stands left and right of the first & that is not inside of something."""
    depth = 0
    for found in re.finditer(r"\\begin|\\end|\\.|&", line):
        depth += {r"\begin": 1, r"\end": -1}.get(found[0], 0)
        if found[0] == "&" and depth == 0:
            return line[: found.start()], "&", line[found.end() :]
    return "", "", line


def _math(body: str, latex: str, more: str) -> str:
    alternative = escape(latex, quote=True)
    return (
        f'<math{more} alttext="{alternative}"><semantics><mrow>{body}</mrow>'
        f'<annotation encoding="application/x-tex">{escape(latex, quote=False)}'
        "</annotation></semantics></math>"
    )


class _Reader:
    """Reads one text of LaTeX from its beginning to its end."""

    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.place = 0

    def all(self) -> str:
        found = self.row(())
        if self.peek():
            raise self._unknown(self.peek())
        return found

    def peek(self) -> str:
        while self.place < len(self.latex) and self.latex[self.place].isspace():
            self.place += 1
        found = TOKENS.match(self.latex, self.place)
        return found[0] if found else ""

    def take(self) -> str:
        sign = self.peek()
        self.place += len(sign)
        return sign

    def row(self, ends: Sequence[str]) -> str:
        """Elements up to one of the ends, which stays."""
        found: list[str] = []
        before = ""
        while (sign := self.peek()) and sign not in ends and sign != "}":
            is_name = _is_name(sign)
            if is_name and before not in BEFORE_A_SIGN:
                found.append(f'<mspace width="{GAP}"></mspace>')
            if sign in {"+", "-"} and before in BEFORE_A_SIGN:
                shown = OPERATORS.get(self.take(), sign)
                found.append(f'<mo form="prefix">{shown}</mo>')
            else:
                found.append(self.scripted())
            if is_name:
                found.append(self._applied())
            before = sign
        return _row(found)

    def _applied(self) -> str:
        """Space behind the name of a function; none in front of a bracket."""
        gap = "0" if self.peek() in {"(", "[", r"\left", "^", "_", ""} else GAP
        return f'<mo lspace="0" rspace="{gap}">&#x2061;</mo>'

    def scripted(self) -> str:
        """One element with what stands above and below it."""
        sign = self.peek()
        base = self.one()
        below = above = primes = ""
        while self.peek() in {"^", "_"} or self.peek().startswith("'"):
            mark = self.take()
            if mark.startswith("'"):
                primes += "′" * len(mark)
            elif mark == "^":
                above += self.one()
            else:
                below = self.one()
        under = sign[1:] in BELOW
        if primes:  # raised by its own font, as prose has it; most raise it twice
            base += f'<mo class="prime" lspace="0" rspace="0">{primes}</mo>'
            base = f"<mrow>{base}</mrow>"
        if below and above:
            return f"<msubsup>{base}{below}{_row([above])}</msubsup>"
        if below:
            name = "munder" if under else "msub"
            return f"<{name}>{base}{below}</{name}>"
        return f"<msup>{base}{_row([above])}</msup>" if above else base

    def one(self) -> str:
        """One element: a sign, a group, or a command with its arguments."""
        sign = self.take()
        if sign == "{":
            inside = self.row(())
            self._expect("}")
            return inside
        if sign.startswith("\\"):
            return self.command(sign)
        if sign[:1].isdigit():
            return f"<mn>{sign}</mn>"
        if sign in BRACKETS:
            return f'<mo stretchy="false">{sign}</mo>'
        if sign == "|":
            return '<mo stretchy="false" lspace="0" rspace="0">|</mo>'
        if sign.isalpha():
            return f"<mi>{escape(sign)}</mi>"
        if sign in {"^", "_", "&", "}", ""}:
            raise self._unknown(sign)
        return f"<mo>{escape(OPERATORS.get(sign, sign))}</mo>"

    def command(self, sign: str) -> str:
        if sign in LETTERS:
            return f"<mi>{LETTERS[sign]}</mi>"
        if sign in OPERATORS:
            return f"<mo>{escape(OPERATORS[sign])}</mo>"
        if sign in SPACES:
            return f'<mspace width="{SPACES[sign]}em"></mspace>'
        if sign[1:] in WORDS:
            return f"<mi>{sign[1:]}</mi>"
        readers = {
            r"\frac": self._fraction, r"\dfrac": self._large, r"\sqrt": self._root,
            r"\left": self._fenced, r"\begin": self._cases, r"\text": self._text,
            r"\operatorname": self._name, r"\mathrm": self._name,
            r"\mathbb": self._hollow, r"\mathit": self._slanted,
        }  # fmt: skip
        if sign not in readers:
            raise self._unknown(sign)
        return readers[sign]()

    def _fraction(self) -> str:
        return f"<mfrac>{self.one()}{self.one()}</mfrac>"

    def _large(self) -> str:
        return f'<mfrac displaystyle="true">{self.one()}{self.one()}</mfrac>'

    def _root(self) -> str:
        return f"<msqrt>{self.one()}</msqrt>"

    def _fenced(self) -> str:
        opening = self._delimiter()
        inside = self.row((r"\right",))
        self._expect(r"\right")
        return f"<mrow>{opening}{inside}{self._delimiter()}</mrow>"

    def _delimiter(self) -> str:
        sign = self.take()
        return "" if sign == "." else f"<mo>{escape(OPERATORS.get(sign, sign))}</mo>"

    def _cases(self) -> str:
        name = self._letters()
        if name != "cases":
            raise self._unknown(name)
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(f"<mtd>{self.row(CELL_ENDS)}</mtd>")
            sign = self.take()
            if sign == r"\end":
                self._letters()
                break
            if sign == r"\\":
                rows.append([])
        body = "".join(f"<mtr>{''.join(row)}</mtr>" for row in rows)
        table = f'<mtable displaystyle="true" class="cases">{body}</mtable>'
        return f"<mrow><mo>{{</mo>{table}</mrow>"

    def _text(self) -> str:
        return f"<mtext>{escape(self._letters()).replace(' ', '&#xa0;')}</mtext>"

    def _name(self) -> str:
        return f'<mi mathvariant="normal">{escape(self._letters())}</mi>'

    def _slanted(self) -> str:
        return f'<mi style="font-style: italic">{escape(self._letters())}</mi>'

    def _hollow(self) -> str:
        word = self._letters()
        if word != "R":
            raise self._unknown(word)
        return "<mi>ℝ</mi>"

    def _letters(self) -> str:
        """A group as it stands, without its braces."""
        self._expect("{")
        end, depth = self.place, 1
        while depth and end < len(self.latex):
            depth += {"{": 1, "}": -1}.get(self.latex[end], 0)
            end += 1
        inside = self.latex[self.place : end - 1]
        self.place = end
        return re.sub(r"\\(.)", r"\1", inside)

    def _expect(self, sign: str) -> None:
        if self.take() != sign:
            raise self._unknown(sign)

    def _unknown(self, sign: str) -> UnsupportedError:
        return UnsupportedError(f"no MathML for {sign!r} in {self.latex[:60]!r}")


def _is_name(sign: str) -> bool:
    """Whether a command is the name of a function."""
    return sign.startswith("\\") and (
        sign[1:] in WORDS or sign in {r"\operatorname", r"\mathrm"}
    )


def _row(found: Sequence[str]) -> str:
    """One element; several are a row."""
    return found[0] if len(found) == 1 else f"<mrow>{''.join(found)}</mrow>"
