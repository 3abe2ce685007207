"""Activations made of pieces in place of curves: hard sigmoids, shrinking, clipping."""

from __future__ import annotations

from fractions import Fraction

from mila_analysis.activation import Activation, Parameter

__all__ = ["HARD"]

HARD = (
    Activation(
        name="hard_sigmoid",
        title="Hard sigmoid of PyTorch",
        formula="where(x <= -3, 0, where(x < 3, x / 6 + 1 / 2, 1))",
        source="torch.nn.Hardsigmoid of PyTorch; keras.activations.hard_sigmoid of "
        "Keras 3",
        convention="every partial at the kinks x = -3, 3 is that of the outer side, 0, "
        "as in PyTorch",
    ),
    Activation(
        name="hard_sigmoid_keras2",
        title="Hard sigmoid of Keras 2",
        formula="where(x < -2.5, 0, where(x > 2.5, 1, 0.2 * x + 0.5))",
        aliases=("hard_sigmoid_keras",),
        source="keras.activations.hard_sigmoid of Keras 2",
        convention="every partial at the kinks x = -2.5, 2.5 is that of the inner "
        "side, as the definition says -2.5 <= x <= 2.5",
    ),
    Activation(
        name="hard_tanh",
        title="Hardtanh",
        formula="where(x <= -1, -1, where(x < 1, x, 1))",
        source="torch.nn.Hardtanh of PyTorch",
        convention="every partial at the kinks x = -1, 1 is that of the outer side, 0, "
        "as in PyTorch",
    ),
    Activation(
        name="hard_swish",
        title="Hardswish",
        formula="where(x <= -3, 0, where(x < 3, x * (x + 3) / 6, x))",
        aliases=("hard_silu",),
        source="A. Howard et al., Searching for MobileNetV3, 2019, arXiv:1905.02244",
        convention="every partial at the kinks x = -3, 3 is that of the outer side, as "
        "in PyTorch",
    ),
    Activation(
        name="hard_elish",
        title="HardELiSH",
        formula="where(x <= -1, 0, where(x < 0, (exp(x) - 1) * (x + 1) / 2, "
        "where(x < 1, x * (x + 1) / 2, x)))",
        source="M. Basirat, P. M. Roth, The Quest for the Golden Activation Function, "
        "2018, arXiv:1808.00783",
        convention="every partial at the kinks x = -1, 1 is that of the outer side, "
        "and at x = 0 that of the right side, as the definition says x >= 0",
    ),
    Activation(
        name="softshrink",
        title="Softshrink",
        formula="where(x > lambd, x - lambd, where(x < -lambd, x + lambd, 0))",
        aliases=("soft_threshold",),
        parameters=(
            Parameter(
                "lambd",
                Fraction(1, 2),
                r"\lambda",
                "half the width of the flat piece",
                low=Fraction(0),
            ),
        ),
        source="torch.nn.Softshrink of PyTorch; D. L. Donoho, De-noising by "
        "soft-thresholding, IEEE Trans. Inf. Theory 41(3), 1995",
        convention="every partial at the kinks x = -lambd, lambd is that of the flat "
        "piece, 0, as in PyTorch",
    ),
    Activation(
        name="hardshrink",
        title="Hardshrink",
        formula="where(x > lambd, x, where(x < -lambd, x, 0))",
        aliases=("hard_threshold",),
        parameters=(
            Parameter(
                "lambd",
                Fraction(1, 2),
                r"\lambda",
                "half the width of the flat piece",
                low=Fraction(0),
            ),
        ),
        source="torch.nn.Hardshrink of PyTorch",
        convention="every partial at the jumps x = -lambd, lambd is that of the flat "
        "piece, 0, as in PyTorch",
    ),
)
