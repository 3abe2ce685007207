"""Text to a function of x that others wrote: `torch.nn.functional.threshold(x, 1, 0)`.

Its module is imported, and nothing of the text is run: arguments are literals.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from typing import Any

from mila_analysis.errors import ParameterError

__all__ = ["LIBRARIES", "called", "is_named"]

LIBRARIES = ("torch", "numpy")


def is_named(text: str) -> bool:
    """Whether a text names a function of a library, as in `torch:torch.tanh`."""
    library, colon, path = text.partition(":")
    return bool(colon) and library in LIBRARIES and " " not in path.split("(")[0]


def called(text: str) -> tuple[str, Callable[..., Any]]:
    """`torch:package.function`, or that with arguments, to the library and a function.

    Without arguments the function is called with x alone. A list among them, such as
    the weight of `prelu(x, [0.25])`, becomes a tensor of the dtype of x.

    Raises:
        ParameterError: no such module or function, or arguments that are no literals.
    """
    library, _, path = text.partition(":")
    dotted, bracket, _ = path.strip().partition("(")
    function = _imported(library, dotted.strip())
    if not bracket:
        return library, function
    args, named = _arguments(dotted.strip(), path.strip())

    def of_x(x: Any) -> Any:
        filled = [_like(x, value) for value in args]
        return function(x, *filled, **{k: _like(x, v) for k, v in named.items()})

    return library, of_x


def _imported(library: str, path: str) -> Callable[..., Any]:
    parts = path.split(".")
    if not all(p.isidentifier() for p in parts) or len(parts) < 2:
        raise ParameterError(
            f"name a function, as in {library}:package.function, not '{path[:60]}'"
        )
    for length in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:length])
        try:
            found: Any = importlib.import_module(module)
        except ImportError:
            continue
        for part in parts[length:]:
            found = getattr(found, part, None)
        if callable(found):
            return found
    raise ParameterError(f"no function '{path[:80]}' can be imported")


def _arguments(function: str, text: str) -> tuple[list[Any], dict[str, Any]]:
    """Literals behind x in `function(x, 1, name=2)`."""
    wrong = f"arguments are x and then literals, as in f(x, 1, b=2), not '{text[:60]}'"
    try:
        call = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ParameterError(wrong) from None
    match call:
        case ast.Call(func, [ast.Name("x"), *rest], keywords) if (
            isinstance(func, ast.Attribute) and ast.unparse(func) == function
        ):
            pass
        case _:
            raise ParameterError(wrong)
    try:
        args = [ast.literal_eval(a) for a in rest]
        named = {k.arg or "": ast.literal_eval(k.value) for k in keywords}
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise ParameterError(wrong) from None
    if "" in named:
        raise ParameterError(wrong)
    return args, named


def _like(x: Any, value: Any) -> Any:
    is_tensor = isinstance(value, list) and hasattr(x, "new_tensor")
    return x.new_tensor(value) if is_tensor else value
