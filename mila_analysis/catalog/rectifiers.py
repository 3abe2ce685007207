"""Activations that follow x on the right: ReLU, what bends it, what smooths it."""

from __future__ import annotations

from fractions import Fraction

from mila_analysis.activation import Activation, Parameter

__all__ = ["RECTIFIERS"]

LEFT = "every partial at the kink x = 0 is that of the left side"

RECTIFIERS = (
    Activation(
        name="relu",
        title="ReLU",
        formula="where(x > 0, x, 0)",
        source="V. Nair, G. E. Hinton, ICML 2010",
        convention=f"{LEFT}, 0",
    ),
    Activation(
        name="leaky_relu",
        title="Leaky ReLU",
        formula="where(x > 0, x, alpha * x)",
        parameters=(
            Parameter(
                "alpha",
                Fraction(3, 10),
                r"\alpha",
                "slope on the left; 0.3 in Keras, 0.01 in PyTorch",
            ),
        ),
        aliases=("lrelu",),
        source="A. L. Maas, A. Y. Hannun, A. Y. Ng, Rectifier Nonlinearities Improve "
        "Neural Network Acoustic Models, ICML 2013",
        convention=f"{LEFT}, as in PyTorch",
    ),
    Activation(
        name="prelu",
        title="PReLU",
        formula="where(x > 0, x, a * x)",
        parameters=(
            Parameter(
                "a",
                Fraction(1, 4),
                "a",
                "slope on the left, learned; Keras starts at 0, PyTorch at 0.25",
            ),
        ),
        source="K. He, X. Zhang, S. Ren, J. Sun, Delving Deep into Rectifiers: "
        "Surpassing Human-Level Performance on ImageNet Classification, 2015, "
        "arXiv:1502.01852",
        convention=f"{LEFT}, as in PyTorch",
    ),
    Activation(
        name="relu6",
        title="ReLU6",
        formula="where(x <= 0, 0, where(x < 6, x, 6))",
        source="A. Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, 2010",
        convention="every partial at the kinks x = 0, 6 is that of the outer side, as "
        "in PyTorch",
    ),
    Activation(
        name="thresholded_relu",
        title="Thresholded ReLU",
        formula="where(x > theta, x, 0)",
        parameters=(
            Parameter(
                "theta",
                Fraction(1),
                r"\theta",
                "what x must be above",
                low=Fraction(0),
            ),
        ),
        aliases=("threshold", "trelu"),
        source="K. Konda, R. Memisevic, D. Krueger, Zero-bias autoencoders and the "
        "benefits of co-adapting features, 2014, arXiv:1402.3337",
        convention="every partial at the jump x = theta is that of the left side, 0, "
        "as in PyTorch",
    ),
    Activation(
        name="relu_squared",
        title="Squared ReLU",
        formula="where(x > 0, x**2, 0)",
        aliases=("squared_relu", "relu2"),
        source="D. R. So et al., Primer: Searching for Efficient Transformers for "
        "Language Modeling, 2021, arXiv:2109.08668",
        convention=f"{LEFT}, 0",
    ),
    Activation(
        name="star_relu",
        title="StarReLU",
        formula="where(x > 0, s * x**2 + b, b)",
        parameters=(
            Parameter("s", Fraction("0.8944"), "s", "scale, about 2/sqrt(5)"),
            Parameter("b", Fraction("-0.4472"), "b", "shift, about -1/sqrt(5)"),
        ),
        source="W. Yu et al., MetaFormer Baselines for Vision, 2022, arXiv:2210.13452",
        convention=f"{LEFT}, as in PyTorch",
    ),
    Activation(
        name="elu",
        title="ELU",
        formula="where(x > 0, x, alpha * (exp(x) - 1))",
        parameters=(
            Parameter(
                "alpha",
                Fraction(1),
                r"\alpha",
                "minus the limit on the left",
                low=Fraction(0),
            ),
        ),
        source="D.-A. Clevert, T. Unterthiner, S. Hochreiter, Fast and Accurate Deep "
        "Network Learning by Exponential Linear Units (ELUs), 2015, arXiv:1511.07289",
        convention=f"{LEFT}, as in PyTorch",
    ),
    Activation(
        name="celu",
        title="CELU",
        formula="where(x > 0, x, alpha * (exp(x / alpha) - 1))",
        parameters=(
            Parameter(
                "alpha",
                Fraction(1),
                r"\alpha",
                "minus the limit on the left",
                low=Fraction(1, 1 << 20),
            ),
        ),
        source="J. T. Barron, Continuously Differentiable Exponential Linear Units, "
        "2017, arXiv:1704.07483",
        convention=f"{LEFT}; the first derivative is continuous",
    ),
    Activation(
        name="selu",
        title="SELU",
        formula="1.0507009873554804934193349852946 * "
        "where(x > 0, x, 1.6732632423543772848170429916717 * (exp(x) - 1))",
        source="G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "
        "Self-Normalizing Neural Networks, NIPS 2017, arXiv:1706.02515",
        convention=f"{LEFT}, as in PyTorch",
    ),
    Activation(
        name="isrlu",
        title="ISRLU",
        formula="where(x < 0, x / sqrt(1 + alpha * x**2), x)",
        parameters=(
            Parameter(
                "alpha",
                Fraction(1),
                r"\alpha",
                "the limit on the left is -1/sqrt(alpha)",
                low=Fraction(0),
            ),
        ),
        source="B. Carlile et al., Improving Deep Learning by Inverse Square Root "
        "Linear Units (ISRLUs), 2017, arXiv:1710.09967",
        convention="every partial at the kink x = 0 is that of the right side, as the "
        "definition says x >= 0; all to the second order are continuous",
    ),
    Activation(
        name="xielu",
        title="xIELU",
        formula="where(x > 0, alpha_p * x**2 + x / 2, "
        "alpha_n * (exp(x) - 1 - x) + x / 2)",
        parameters=(
            Parameter(
                "alpha_p",
                Fraction(4, 5),
                r"\alpha_p",
                "curvature on the right, learned",
                low=Fraction(0),
            ),
            Parameter(
                "alpha_n",
                Fraction(4, 5),
                r"\alpha_n",
                "curvature on the left, learned",
                low=Fraction(0),
            ),
        ),
        source="A. H. Huang, I. Schlag, Deriving Activation Functions Using "
        "Integration, 2024, arXiv:2411.13010",
        convention=f"{LEFT}; the first derivative is continuous",
    ),
    Activation(
        name="smelu",
        title="SmeLU",
        formula="where(x <= -beta, 0, where(x < beta, (x + beta)**2 / (4 * beta), x))",
        parameters=(
            Parameter(
                "beta",
                Fraction(1),
                r"\beta",
                "half the width of the bend",
                low=Fraction(1, 1 << 20),
            ),
        ),
        aliases=("smooth_relu",),
        source="G. I. Shamir, D. Lin, L. Coviello, Smooth Activations and "
        "Reproducibility in Deep Networks, 2020, arXiv:2010.09931",
        convention="every partial at the kinks x = -beta, beta is that of the outer "
        "side; the first derivative in x is continuous",
    ),
    Activation(
        name="softplus",
        title="Softplus",
        formula="log(1 + exp(x))",
        source="C. Dugas et al., NIPS 2000",
    ),
    Activation(
        name="squareplus",
        title="Squareplus",
        formula="(x + sqrt(x**2 + b)) / 2",
        parameters=(
            Parameter(
                "b",
                Fraction(4),
                "b",
                "size of the bend; at 0 it would be ReLU",
                low=Fraction(1, 1 << 20),
            ),
        ),
        source="J. T. Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021, "
        "arXiv:2112.11687",
    ),
    Activation(
        name="bent_identity",
        title="Bent identity",
        formula="x + (sqrt(x**2 + 1) - 1) / 2",
        aliases=("bent_id",),
        source="D. Misra, Echo (github.com/digantamisra98/Echo), 2019",
    ),
)
