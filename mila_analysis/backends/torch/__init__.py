"""A stable form to a torch module that stands alone; its text to functions, a layer."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Any

from mila_analysis.backends.backend import Backend, Source
from mila_analysis.backends.header import docstring, parse
from mila_analysis.backends.torch.near import blocks
from mila_analysis.backends.torch.reading import read
from mila_analysis.backends.torch.shell import Shell
from mila_analysis.backends.torch.style import style_of

__all__ = ["TORCH", "layer", "layer_in", "namespace", "portable"]


def emit(source: Source) -> str:
    """Source text: public functions, the arithmetic of each, the runtime, the layer."""
    derivation, form = source.derivation, source.form
    shell = Shell(source.activation, derivation.order)
    style, variables = style_of(form), form.variables
    arithmetic = [
        "\n".join(
            [
                style.signature(title, variables),
                style.body(form.whole, wanted, variables),
            ]
        )
        for title, wanted in shell.bodies.items()
    ]
    short = blocks(form, shell.bodies)
    parts = [
        f"{docstring(source, 'torch')}\n\nimport torch",
        *shell.head(lambda name: str(derivation.tower(name))),
        *arithmetic,
        shell.tables(),
        *short.functions(),
        style.runtime(),
        *short.rest(),
        shell.layer(),
    ]
    return "\n\n\n".join(parts) + "\n"


def namespace(text: str, *others: str) -> dict[str, Any]:
    """Names of generated source, run anew; nothing but that text computes.

    Results lie in memory as x does. The names are those of a module that can be
    imported by its name: torch.compile does that for every function that it meets
    inside of another.

    Args:
        text: the source.
        others: what else the module is going to be made of, for a name of its own.
    """
    from mila_analysis.backends.torch.layout import keep_layout  # it imports torch

    digest = hashlib.sha256("\0".join([text, *others]).encode()).hexdigest()
    made = ModuleType(f"mila_analysis_generated_{digest[:16]}")
    exec(compile(text, f"<{made.__name__}>", "exec"), vars(made))  # noqa: S102
    sys.modules[made.__name__] = made
    keep_layout(vars(made))
    return vars(made)


def load(text: str) -> Mapping[str, Callable[..., Any]]:
    """Functions of generated source, by name; nothing but that text is run."""
    found = _namespace(text)
    known = parse(text)
    names = Shell(known.activation, known.order).names
    return {name: found[name] for name in [*names, "partials"]}


def layer(text: str) -> type[Any]:
    """The torch.nn.Module class of generated source.

    One text has one class. Its layers can be pickled although no file holds it: they
    carry the text.
    """
    return _layer(text)


@lru_cache(maxsize=256)
def _layer(text: str) -> type[Any]:
    return portable(layer_in(_namespace(text), text), _restored, text)


def _restored(text: str) -> Any:
    return object.__new__(_layer(text))


def layer_in(names: Mapping[str, Any], text: str) -> type[Any]:
    """The torch.nn.Module class among the names of a text that was run."""
    known = parse(text)
    found: type[Any] = names[Shell(known.activation, known.order).class_name]
    return found


def portable(made: type[Any], restored: Callable[..., Any], *texts: str) -> type[Any]:
    """A class of no file whose instances can be pickled: they carry its text.

    Args:
        made: the class.
        restored: texts to a new instance without state, a function of a module.
        texts: what the class is made of.
    """

    def reduced(self: Any, _protocol: Any) -> tuple[Any, ...]:
        return restored, texts, dict(vars(self))

    made.__reduce_ex__ = reduced  # type: ignore[assignment]
    return made


_namespace = lru_cache(maxsize=256)(namespace)


TORCH = Backend("torch", ".py", ("fast",), emit, load, read)
