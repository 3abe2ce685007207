"""Activations with limits on both sides, and what is made of these: sigmoids, tanh."""

from __future__ import annotations

from fractions import Fraction

from mila_analysis.activation import Activation, Parameter

__all__ = ["BOUNDED"]

BOUNDED = (
    Activation(
        name="sigmoid",
        title="Sigmoid",
        formula="1 / (1 + exp(-x))",
        aliases=("logistic",),
        source="the logistic function, P.-F. Verhulst, 1845",
    ),
    Activation(
        name="log_sigmoid",
        title="LogSigmoid",
        formula="-log(1 + exp(-x))",
        source="torch.nn.LogSigmoid of PyTorch",
    ),
    Activation(
        name="aria2_coded",
        title="ARiA2 as coded",
        formula="(1 + exp(-beta * x)) ** (-alpha)",
        parameters=(
            Parameter(
                "alpha",
                Fraction(3, 2),
                r"\alpha",
                "power of the sigmoid; 1 gives Sigmoid",
            ),
            Parameter("beta", Fraction(1), r"\beta", "slope of the sigmoid"),
        ),
        aliases=("aria2_gate",),
        source="D. Misra, Echo (github.com/digantamisra98/Echo), 2019; the paper, "
        "arXiv:1805.08878, multiplies this by x",
    ),
    Activation(
        name="tanh",
        title="tanh",
        formula="tanh(x)",
        source="the hyperbolic tangent",
    ),
    Activation(
        name="tanhshrink",
        title="Tanhshrink",
        formula="x - tanh(x)",
        source="torch.nn.Tanhshrink of PyTorch",
    ),
    Activation(
        name="softsign",
        title="Softsign",
        formula="x / (1 + abs(x))",
        source="X. Glorot, Y. Bengio, Understanding the difficulty of training deep "
        "feedforward neural networks, AISTATS 2010",
        convention="every partial at the kink x = 0 is that of the left side; the "
        "first derivative is continuous",
    ),
    Activation(
        name="isru",
        title="ISRU",
        formula="x / sqrt(1 + alpha * x**2)",
        parameters=(
            Parameter(
                "alpha",
                Fraction(1),
                r"\alpha",
                "the limits are -1/sqrt(alpha) and 1/sqrt(alpha)",
                low=Fraction(0),
            ),
        ),
        source="B. Carlile et al., Improving Deep Learning by Inverse Square Root "
        "Linear Units (ISRLUs), 2017, arXiv:1710.09967",
    ),
)
