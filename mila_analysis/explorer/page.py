"""Activations to one page for a browser that needs nothing else: explorer, offline."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path

from mila_analysis import __version__, files
from mila_analysis.activation import Activation
from mila_analysis.errors import ParameterError
from mila_analysis.explorer.contents import described, module
from mila_analysis.explorer.sampling import sampled

__all__ = ["MOST", "Page", "explore"]

MOST = 8
SHOWN = 2
SAMPLES = 260

SCRIPTS = (
    "state", "numbers", "drawing", "curves", "contour", "accuracy", "formulas",
    "controls", "main",
)  # fmt: skip
_FACE = re.compile(r"@font-face\{[^}]*\}")
_WOFF2 = re.compile(r"url\(fonts/(KaTeX_[\w-]+)\.woff2\)")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of HTML that asks for nothing from anywhere.

    Attributes:
        text: all of it.
    """

    text: str

    def save(self, path: str | Path) -> Path:
        """Write it, whole or not at all.

        Raises:
            WriteError: there is no room, or no such folder.
        """
        target = Path(path)
        files.write(target, self.text)
        return target

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.text)}" width="100%" height="800"></iframe>'
        )


def explore(
    activations: Activation | Sequence[Activation],
    *,
    samples: int = SAMPLES,
    progress: Callable[[str], None] = lambda _: None,
) -> Page:
    """Page with sliders for the parameters of one or several activations.

    Args:
        activations: up to eight; the first two are shown at once.
        samples: points at which errors are measured; 0 leaves them out.
        progress: called with the title of each activation before it is prepared.

    Raises:
        ParameterError: none, or too many of them.
        UnsupportedError: there is no JavaScript for one.
    """
    chosen = (activations,) if isinstance(activations, Activation) else activations
    chosen = tuple(dict.fromkeys(chosen))
    if not 1 <= len(chosen) <= MOST:
        raise ParameterError(f"a page holds 1 to {MOST} activations, not {len(chosen)}")
    entries, modules = [], []
    for number, activation in enumerate(chosen, 1):
        progress(activation.title or activation.name)
        errors = sampled(activation, samples) if samples else {}
        twice = sum(a.name == activation.name for a in chosen) > 1
        key = f"{activation.name}-{number}" if twice else activation.name
        title = activation.title or activation.name
        title = f"{title} {number}" if twice else title
        entries.append(described(activation, key, title, errors))
        modules.append(module(activation))
    data = {"shown": SHOWN, "activations": entries}
    return Page(_assembled(chosen, data, modules))


def _assembled(
    activations: Sequence[Activation], data: object, modules: Sequence[str]
) -> str:
    titles = [a.title or a.name for a in activations]
    heading = titles[0] if len(titles) == 1 else f"{titles[0]} and others"
    parts = {
        "TITLE": escape(", ".join(titles)),
        "HEADING": escape(heading),
        "VERSION": __version__,
        "KATEX_CSS": _katex_css(),
        "STYLE": _asset("app/style.css"),
        "FIGURE_STYLE": _asset("app/figure.css"),
        "DATA": _json(data),
        "KATEX": _asset("katex/katex.min.js"),
        "MODULES": ",\n".join(map(_inert, modules)),
        "APP": "\n".join(_asset(f"app/{name}.js") for name in SCRIPTS),
    }
    page = _asset("app/page.html")
    return re.sub(r"%([A-Z_]+)%", lambda m: parts[m[1]], page)


def _json(data: object) -> str:
    """JSON that ends no script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _inert(script: str) -> str:
    """JavaScript in which no text ends the script."""
    return script.replace("</", "<\\/")


def _katex_css() -> str:
    """KaTeX's style with the fonts that formulas need, inside of it."""
    text = _asset("katex/katex.min.css")
    return _FACE.sub(lambda face: _with_font(face[0]), text)


def _with_font(face: str) -> str:
    found = _WOFF2.search(face)
    path = _folder() / "katex" / "fonts" / f"{found[1]}.woff2" if found else None
    if path is None or not path.is_file():
        return ""
    data = base64.b64encode(path.read_bytes()).decode()
    source = f'url(data:font/woff2;base64,{data}) format("woff2")'
    return re.sub(r"src:[^}]*", f"src:{source}", face)


def _folder() -> Path:
    return Path(str(resources.files("mila_analysis.explorer")))


def _asset(name: str) -> str:
    return (_folder() / name).read_text(encoding="utf-8")
