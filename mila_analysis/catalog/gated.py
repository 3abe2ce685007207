"""Activations that multiply x by a gate: Mila, Mish, Swish and their kin."""

from __future__ import annotations

from fractions import Fraction

from mila_analysis.activation import Activation, Parameter

__all__ = ["GATED"]

MISRA = "D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019"
HENDRYCKS = "D. Hendrycks, K. Gimpel, Gaussian Error Linear Units (GELUs), 2016"

GATED = (
    Activation(
        name="mila",
        title="Mila",
        formula="x * tanh(log(1 + exp(x + beta)))",
        parameters=(
            Parameter("beta", Fraction(0), r"\beta", "shift of softplus; 0 gives Mish"),
        ),
        source="D. Misra, Mila (github.com/digantamisra98/Mila), 2019",
    ),
    Activation(
        name="mish",
        title="Mish",
        formula="x * tanh(log(1 + exp(x)))",
        source=f"{MISRA}, arXiv:1908.08681",
    ),
    Activation(
        name="beta_mish",
        title="Beta-Mish",
        formula="x * tanh(beta * log(1 + exp(x)))",
        parameters=(
            Parameter(
                "beta", Fraction(3, 2), r"\beta", "factor of softplus; 1 gives Mish"
            ),
        ),
        source="D. Misra, Beta-Mish (github.com/digantamisra98/Beta-Mish), 2019",
    ),
    Activation(
        name="swish",
        title="Swish",
        formula="x / (1 + exp(-beta * x))",
        parameters=(
            Parameter("beta", Fraction(1), r"\beta", "slope of the gate; 1 gives SiLU"),
        ),
        source="P. Ramachandran, B. Zoph, Q. V. Le, 2017, arXiv:1710.05941",
    ),
    Activation(
        name="silu",
        title="SiLU",
        formula="x / (1 + exp(-x))",
        aliases=("swish-1",),
        source="S. Elfwing, E. Uchibe, K. Doya, 2017, arXiv:1702.03118",
    ),
    Activation(
        name="gelu",
        title="GELU",
        formula="x / 2 * (1 + erf(x / sqrt(2)))",
        aliases=("gelu_erf",),
        source=f"{HENDRYCKS}, arXiv:1606.08415",
    ),
    Activation(
        name="gelu_tanh",
        title="GELU by tanh",
        formula="x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))",
        aliases=("gelu_new",),
        source=f"{HENDRYCKS}, arXiv:1606.08415; approximate='tanh' in PyTorch",
    ),
    Activation(
        name="quick_gelu",
        title="QuickGELU",
        formula="x / (1 + exp(-1.702 * x))",
        aliases=("gelu_sigmoid",),
        source=f"{HENDRYCKS}, arXiv:1606.08415: its form by the sigmoid",
    ),
    Activation(
        name="aria2",
        title="ARiA2 of the paper",
        formula="x * (1 + exp(-beta * x)) ** (-alpha)",
        parameters=(
            Parameter(
                "alpha", Fraction(3, 2), r"\alpha", "power of the gate; 1 gives Swish"
            ),
            Parameter("beta", Fraction(1), r"\beta", "slope of the gate"),
        ),
        source="N. Patwardhan, M. Ingalhalikar, R. Walambe, ARiA: Utilizing Richard's "
        "Curve for Controlling the Non-monotonicity of the Activation Function in Deep "
        "Neural Nets, 2018, arXiv:1805.08878",
    ),
    Activation(
        name="lisht",
        title="LiSHT",
        formula="x * tanh(x)",
        source="S. K. Roy, S. Manna, S. R. Dubey, B. B. Chaudhuri, LiSHT: "
        "Non-Parametric Linearly Scaled Hyperbolic Tangent Activation Function for "
        "Neural Networks, 2019, arXiv:1901.05894",
    ),
    Activation(
        name="tanhexp",
        title="TanhExp",
        formula="x * tanh(exp(x))",
        source="X. Liu, X. Di, TanhExp: A Smooth Activation Function with High "
        "Convergence Speed for Lightweight Neural Networks, 2020, arXiv:2003.09855",
    ),
    Activation(
        name="logish",
        title="Logish",
        formula="x * log(1 + sigmoid(x))",
        source="H. Zhu, H. Zeng, J. Liu, X. Zhang, Logish: A new nonlinear "
        "nonmonotonic activation function for convolutional neural network, "
        "Neurocomputing 458, 2021",
    ),
    Activation(
        name="smish",
        title="Smish",
        formula="x * tanh(log(1 + sigmoid(x)))",
        source="X. Wang, H. Ren, A. Wang, Smish: A Novel Activation Function for Deep "
        "Learning Methods, Electronics 11(4), 2022",
    ),
    Activation(
        name="serf",
        title="Serf",
        formula="x * erf(log(1 + exp(x)))",
        source="S. Nag, M. Bhattacharyya, SERF: Towards better training of deep neural "
        "networks using log-Softplus ERror activation Function, 2021, arXiv:2108.09598",
    ),
    Activation(
        name="phish",
        title="Phish",
        formula="x * tanh(x / 2 * (1 + erf(x / sqrt(2))))",
        source="P. Naveen, Phish: A Novel Hyper-Optimizable Activation Function, 2021, "
        "TechRxiv 17283824",
    ),
    Activation(
        name="elish",
        title="ELiSH",
        formula="where(x < 0, (exp(x) - 1) / (1 + exp(-x)), x / (1 + exp(-x)))",
        source="M. Basirat, P. M. Roth, The Quest for the Golden Activation Function, "
        "2018, arXiv:1808.00783",
        convention="every partial at the kink x = 0 is that of the right side, as the "
        "definition says x >= 0; the first derivative is continuous",
    ),
)
