"""Compiled C code as an operator of torch: torch.compile and torch.export see one node.

A layer calls it for values, and has its derivatives, forward mode included, by the
generated torch code around it. The operator by itself has backward, of any order that
its file has, and vmap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from mila_analysis import native
from mila_analysis.backends.c import arrays, reading
from mila_analysis.kernels import read_code
from mila_analysis.partials import Partial, parse

__all__ = ["operator"]

LIBRARY = "mila_analysis"
SCHEMA = "(Tensor x, Tensor[] parameters, str names, ScalarType dtype) -> Tensor[]"
FORMATS = {
    torch.float64: "f64",
    torch.float32: "f32",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
}
SHORT = (torch.float16, torch.bfloat16)

Batched = tuple[list[torch.Tensor], list[int]]
Gradients = Sequence[torch.Tensor | None]


@lru_cache(maxsize=256)
def operator(text: str) -> Any:
    """Operator of a generated C file, `mila_analysis::<name>_<digest>`.

    It takes x, the parameters as tensors of the same shape, the names of partials with
    commas between, and the dtype of the results. It returns new tensors, which lie in
    memory as x does. It runs on CPUs.

    Raises:
        NoCompilerError: no C compiler is here.
    """
    code = read_code(text)
    compute = _Compiled(
        native.load(text),
        reading.frame_in(text).prefix,
        len(code.activation.variables),
        code.accuracy == "accurate",
    )
    made = torch.library.custom_op(
        f"{LIBRARY}::{code.activation.name}_{code.digest[:12]}",
        compute,
        mutates_args=(),
        device_types="cpu",
        schema=SCHEMA,
    )
    made.register_fake(_promised)
    made.register_vmap(_batched(made))
    made.register_autograd(
        _backward(made, code.activation.variables, code.order), setup_context=_kept
    )
    return made


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The functions of a compiled file, on tensors.

    Attributes:
        library: what they are in.
        prefix: of their names.
        inputs: how many x and the parameters are.
        accurate: whether the file has functions of 16-bit formats.
    """

    library: native.Library
    prefix: str
    inputs: int
    accurate: bool

    def __call__(
        self,
        x: torch.Tensor,
        parameters: Sequence[torch.Tensor],
        names: str,
        dtype: torch.dtype,
    ) -> list[torch.Tensor]:
        """Partials by name, each by the function that the file has for it."""
        values = [x, *map(_narrowed, parameters)]
        inner = self._format(values, dtype)
        layout = torch.empty_like(x, dtype=inner)
        given = [_laid_out(v.detach().to(inner), layout) for v in values]
        return [self._run(name, given).to(dtype) for name in names.split(",")]

    def _format(self, values: Sequence[torch.Tensor], dtype: torch.dtype) -> Any:
        """What to compute in: float32 for short formats, unless they are exact."""
        x = values[0].dtype
        if x == torch.float64:
            return x
        exact = all(torch.equal(v, v.to(x).to(v.dtype)) for v in values)
        return x if self.accurate and x in SHORT and dtype == x and exact else _SINGLE

    def _run(self, name: str, given: Sequence[torch.Tensor]) -> torch.Tensor:
        x, *parameters = given
        result = torch.empty_like(x)
        passed: list[int] = [x.numel(), x.data_ptr()]
        for each in parameters:
            passed += [each.data_ptr(), int(each.ndim > 0)]
        title = f"{self.prefix}_{name}_{FORMATS[x.dtype]}"
        function = self.library.function(title, arrays.argument_types(self.inputs))
        if x.numel():
            function(*passed, result.data_ptr())
        return result


_SINGLE = torch.float32


def _narrowed(value: torch.Tensor) -> torch.Tensor:
    """A value that was expanded to a shape, as one number again."""
    if value.ndim and value.numel() and not any(value.stride()):
        return value[(0,) * value.ndim]
    return value


def _laid_out(value: torch.Tensor, layout: torch.Tensor) -> torch.Tensor:
    """A value with its elements where those of `layout` are, or one number."""
    if value.ndim == 0 or value.stride() == layout.stride():
        return value
    return torch.empty_like(layout).copy_(value)


def _promised(
    x: torch.Tensor,
    parameters: Sequence[torch.Tensor],  # noqa: ARG001 - as torch calls it
    names: str,
    dtype: torch.dtype,
) -> list[torch.Tensor]:
    """Shapes, strides and dtypes of the results, for tracing."""
    return [torch.empty_like(x, dtype=dtype) for _ in names.split(",")]


def _batched(made: Any) -> Callable[..., Batched]:
    """Batching rule: the batch is one dimension more."""

    def rule(
        info: Any,
        dims: Any,
        x: torch.Tensor,
        parameters: Sequence[torch.Tensor],
        names: str,
        dtype: torch.dtype,
    ) -> Batched:
        def moved(value: torch.Tensor, dim: int | None) -> torch.Tensor:
            if dim is None:
                return value.expand(info.batch_size, *value.shape)
            return value.movedim(dim, 0)

        first = moved(x, dims[0])
        rest = [moved(p, d) for p, d in zip(parameters, dims[1], strict=True)]
        results = made(first, rest, names, dtype)
        return results, [0] * len(results)

    return rule


def _kept(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ARG001
    """What backward needs: x, the parameters, and which partials there were."""
    x, parameters, ctx.names, _ = inputs
    ctx.save_for_backward(x, *parameters)


def _backward(
    made: Any, variables: Sequence[str], order: int
) -> Callable[..., tuple[Any, ...]]:
    """Backward of the operator: partials of one order more, by itself."""

    def slope(name: str, variable: str) -> str:
        known = parse(name, variables).variables
        if len(known) == order:
            raise RuntimeError(
                f"a derivative of {name} is a partial of order {order + 1}; this "
                f"operator has order {order}"
            )
        chosen = sorted([*known, variable], key=list(variables).index)
        return Partial(tuple(chosen)).name

    def gradient(ctx: Any, grads: Gradients, index: int) -> Any:
        x, *parameters = values = ctx.saved_tensors
        if not values[index].requires_grad:
            return None
        pairs = [
            (g, slope(name, variables[index]))
            for g, name in zip(grads, ctx.names.split(","), strict=True)
            if g is not None
        ]
        if not pairs:
            return None
        dtype = torch.float64 if x.dtype == torch.float64 else _SINGLE
        slopes = made(x, parameters, ",".join(name for _, name in pairs), dtype)
        products = [g.to(dtype) * s for (g, _), s in zip(pairs, slopes, strict=True)]
        return sum(products[1:], products[0]).to(values[index].dtype)

    def rule(ctx: Any, grads: Gradients) -> tuple[Any, ...]:
        found = [gradient(ctx, grads, i) for i in range(len(variables))]
        return found[0], found[1:], None, None

    return rule
