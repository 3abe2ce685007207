"""Greek letters to their names, and names of parameters to LaTeX."""

from __future__ import annotations

import re

__all__ = ["COMMANDS", "GREEK", "in_latex", "spelled"]

_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi _ pi rho "
    "_ sigma tau upsilon phi chi psi omega"
)  # without omicron, which no eye can tell from an o, and the final sigma
_CAPITALS = {"Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi",
             "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega"}  # fmt: skip
_VARIANTS = {"ϵ": "epsilon", "ϑ": "theta", "ϕ": "phi", "µ": "mu"}

COMMANDS = frozenset({*_NAMES.split(), *_CAPITALS.values(), "Upsilon"} - {"_"})
"""Letters that LaTeX has a command for."""

GREEK = {
    **{
        chr(ord("α") + place): "lambda_" if name == "lambda" else name
        for place, name in enumerate(_NAMES.split())
        if name != "_"
    },
    **_CAPITALS,
    **_VARIANTS,
}
"""Letter to the name of a parameter; `lambda` alone means something else in Python."""

_INDEXED = re.compile(r"([A-Za-z]+?)_?(\d+)")
_SUBSCRIPTED = re.compile(r"([A-Za-z]+)_([A-Za-z0-9]+)")


def spelled(name: str) -> str:
    """Name of a parameter in plain letters: `β_1` to `beta_1`, `λ` to `lambda_`."""
    plain = "".join(GREEK.get(c, c) for c in name.strip())
    return "lambda_" if plain == "lambda" else plain


def in_latex(name: str) -> str:
    r"""Name to LaTeX: `k`, `\alpha`, `a_{1}`, `k_{max}`, `\mathit{slope}`."""
    name = name.strip("_")
    indexed = _INDEXED.fullmatch(name) or _SUBSCRIPTED.fullmatch(name)
    if indexed:
        return f"{_letter(indexed[1])}_{{{indexed[2]}}}"
    return _letter(name.replace("_", ""))


def _letter(word: str) -> str:
    if word in COMMANDS:
        return rf"\{word}"
    # `d x` would be a differential, and `slope` a product of five letters.
    return word if len(word) == 1 and word != "d" else rf"\mathit{{{word}}}"
