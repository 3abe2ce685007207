"""Activations that oscillate: Snake, and x times a cosine."""

from __future__ import annotations

from fractions import Fraction

from mila_analysis.activation import Activation, Parameter

__all__ = ["PERIODIC"]

PERIODIC = (
    Activation(
        name="snake",
        title="Snake",
        formula="x + sin(alpha * x)**2 / alpha",
        parameters=(
            Parameter(
                "alpha",
                Fraction(1),
                r"\alpha",
                "frequency, learned",
                low=Fraction(1, 1 << 20),
            ),
        ),
        source="L. Ziyin, T. Hartwig, M. Ueda, Neural Networks Fail to Learn Periodic "
        "Functions and How to Fix It, NeurIPS 2020, arXiv:2006.08195",
    ),
    Activation(
        name="snake_beta",
        title="SnakeBeta",
        formula="x + sin(alpha * x)**2 / beta",
        parameters=(
            Parameter("alpha", Fraction(1), r"\alpha", "frequency, learned"),
            Parameter(
                "beta",
                Fraction(1),
                r"\beta",
                "one over the size of the waves, learned",
                low=Fraction(1, 1 << 20),
            ),
        ),
        source="S. Lee et al., BigVGAN: A Universal Neural Vocoder with Large-Scale "
        "Training (github.com/NVIDIA/BigVGAN), 2022, arXiv:2206.04658",
    ),
    Activation(
        name="gcu",
        title="GCU",
        formula="x * cos(x)",
        aliases=("growing_cosine",),
        source="M. M. Noel, Arunkumar L, A. Trivedi, P. Dutta, Growing Cosine Unit: A "
        "Novel Oscillatory Activation Function That Can Speedup Training and Reduce "
        "Parameters in Convolutional Neural Networks, 2021, arXiv:2108.12943",
    ),
)
