"""Activations of the catalog and PyTorch's own functions for them, as data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PAIRS", "Pair"]

F = "torch.nn.functional"


@dataclass(frozen=True, slots=True)
class Pair:
    """An activation, and the function of torch that computes it.

    Attributes:
        activation: as it is typed, `leaky_relu:alpha=0.01`.
        function: likewise, with its arguments if x is not the only one.
        remark: what its documentation says of it that explains its errors.
    """

    activation: str
    function: str
    remark: str = ""

    @property
    def candidate(self) -> str:
        """What `audit` takes."""
        return f"torch:{self.function}"


PAIRS = (
    Pair("mish", f"{F}.mish"),
    Pair("silu", f"{F}.silu"),
    Pair("swish:beta=1", f"{F}.silu"),
    Pair("gelu", f"{F}.gelu"),
    Pair("gelu_tanh", f'{F}.gelu(x, approximate="tanh")'),
    Pair("softplus", f"{F}.softplus", "above its threshold, x = 20, it gives x"),
    Pair("sigmoid", "torch.sigmoid"),
    Pair("log_sigmoid", f"{F}.logsigmoid"),
    Pair("tanh", "torch.tanh"),
    Pair("tanhshrink", f"{F}.tanhshrink"),
    Pair("softsign", f"{F}.softsign"),
    Pair("elu", f"{F}.elu"),
    Pair("celu", f"{F}.celu"),
    Pair("selu", f"{F}.selu"),
    Pair("relu", f"{F}.relu"),
    Pair("leaky_relu:alpha=0.01", f"{F}.leaky_relu"),
    Pair("prelu", f"{F}.prelu(x, [0.25])"),
    Pair("relu6", f"{F}.relu6"),
    Pair("thresholded_relu", f"{F}.threshold(x, 1, 0)"),
    Pair("hard_sigmoid", f"{F}.hardsigmoid"),
    Pair("hard_tanh", f"{F}.hardtanh"),
    Pair("hard_swish", f"{F}.hardswish"),
    Pair("softshrink", f"{F}.softshrink"),
    Pair("hardshrink", f"{F}.hardshrink"),
)
"""What the museum compares; a line more is a pair more."""
