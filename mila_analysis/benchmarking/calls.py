"""Functions of torch, NumPy and JAX, and plain copies, to calls that can be timed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch

from mila_analysis.benchmarking.targets import BOTH, FORWARD, SIX
from mila_analysis.benchmarking.timing import Call
from mila_analysis.errors import UnsupportedError

__all__ = [
    "ArrayCalls",
    "Calls",
    "CopyCalls",
    "JaxCalls",
    "TorchCalls",
    "UnavailableError",
]

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor


class UnavailableError(UnsupportedError):
    """An implementation that is not here, or that does not do what is asked."""


def _doubles(value: Any, slope: Any) -> tuple[Array, Array]:
    return np.asarray(value, np.float64), np.asarray(slope, np.float64)


class Calls(Protocol):
    """An implementation, ready to be called."""

    def call(self, passes: str, x: Tensor, g: Tensor) -> Call:
        """A pass over x, and back from the gradient g.

        Raises:
            UnavailableError: it has no such pass.
        """

    def values(self, x: Tensor) -> tuple[Array, Array]:
        """f and f_x as float64."""


@dataclass(frozen=True, slots=True)
class TorchCalls:
    """A function of tensors; backward is that of autograd, as in training.

    Attributes:
        function: of x.
        parameters: those that are learned, which want a gradient too.
    """

    function: Callable[[Tensor], Tensor]
    parameters: Sequence[Tensor] = ()

    def call(self, passes: str, x: Tensor, g: Tensor) -> Call:
        """A pass; its results are new tensors."""
        if passes == FORWARD:
            return partial(self.function, x)
        if passes != BOTH:
            raise UnavailableError(f"no {passes} in one call")
        leaf = x.detach().requires_grad_()
        wanted = (leaf, *self.parameters)
        return lambda: torch.autograd.grad(self.function(leaf), wanted, g)

    def values(self, x: Tensor) -> tuple[Array, Array]:
        """f, and its slope by autograd."""
        leaf = x.detach().requires_grad_()
        y = self.function(leaf)
        (slope,) = torch.autograd.grad(y, leaf, torch.ones_like(y))
        return y.detach().double().numpy(), slope.double().numpy()


@dataclass(frozen=True, slots=True)
class ArrayCalls:
    """Functions of NumPy arrays; backward is the slope, multiplied.

    Attributes:
        value, slope: f and f_x of x.
        partials: all six at once.
    """

    value: Callable[[Array], Any]
    slope: Callable[[Array], Any]
    partials: Callable[[Array], Any]

    def call(self, passes: str, x: Tensor, g: Tensor) -> Call:
        """A pass; its results are new arrays."""
        if x.dtype is torch.bfloat16:
            raise UnavailableError("NumPy has no bfloat16")
        points, gradient = x.numpy(), g.numpy()
        if passes == SIX:
            return partial(self.partials, points)
        if passes == FORWARD:
            return partial(self.value, points)
        return lambda: (self.value(points), gradient * self.slope(points))

    def values(self, x: Tensor) -> tuple[Array, Array]:
        """f and f_x."""
        points = x.numpy()
        with np.errstate(all="ignore"):
            found = self.value(points), self.slope(points)
        return _doubles(*found)


@dataclass(frozen=True, slots=True)
class CopyCalls:
    """What memory alone costs: the same bytes, moved without arithmetic.

    Forward reads x and writes; backward reads x and g and writes; six partials are six
    arrays.

    Attributes:
        is_held: whether both write to tensors that stay, or to new ones, as functions
            do: those are often still in a cache, as they were freed just before.
    """

    is_held: bool = False

    def call(self, passes: str, x: Tensor, g: Tensor) -> Call:
        """A copy, or a copy and a sum."""
        if passes == SIX:
            return lambda: [x.clone() for _ in range(6)]
        if not self.is_held:
            return x.clone if passes == FORWARD else lambda: (x.clone(), x + g)
        y, slope = torch.empty_like(x), torch.empty_like(x)
        if passes == FORWARD:
            return partial(y.copy_, x)
        return lambda: (y.copy_(x), torch.add(x, g, out=slope))

    def values(self, x: Tensor) -> tuple[Array, Array]:
        """None."""
        raise UnavailableError(f"a copy of {x.numel()} numbers is no activation")


@dataclass(frozen=True, slots=True)
class JaxCalls:
    """A function of JAX, compiled by it; a call waits for its results.

    Attributes:
        jax: the package.
        function: of x.
    """

    jax: Any
    function: Callable[[Any], Any]

    def call(self, passes: str, x: Tensor, g: Tensor) -> Call:
        """A pass, compiled as one."""
        if x.dtype is not torch.float32:
            raise UnavailableError("JAX is measured in float32")
        compiled = self._compiled()
        if passes not in compiled:
            raise UnavailableError(f"no {passes} of JAX")
        points, gradient = (self.jax.numpy.asarray(t.numpy()) for t in (x, g))
        made, wait = compiled[passes], self.jax.block_until_ready
        if passes == FORWARD:
            return lambda: wait(made(points))
        return lambda: wait(made(points, gradient))

    def values(self, x: Tensor) -> tuple[Array, Array]:
        """f, and its slope by JAX's autograd."""
        points = self.jax.numpy.asarray(x.numpy())
        y, slope = self._compiled()[BOTH](points, self.jax.numpy.ones_like(points))
        return _doubles(y, slope)

    def _compiled(self) -> Mapping[str, Callable[..., Any]]:
        def both(x: Any, g: Any) -> Any:
            y, backward = self.jax.vjp(self.function, x)
            return y, backward(g)[0]

        return {FORWARD: self.jax.jit(self.function), BOTH: self.jax.jit(both)}
