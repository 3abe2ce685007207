"""Functions of Python files are read, not run, unless that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mila_analysis.auditing import audit
from mila_analysis.errors import MilaAnalysisError

THINC_STYLE = """
class Ops:
    def backprop_mish(self, dY, X, threshold: float = 30.0, inplace: bool = False):
        if dY.shape != X.shape:
            msg = f"shapes: {dY.shape} and {X.shape}"
            raise ValueError(msg)
        xp = get_array_module(X)
        indices = X < threshold
        Xsub = X[indices]
        dYsub = dY[indices]
        omega = 4.0 * (Xsub + 1.0)
        omega += 4.0 * xp.exp(2.0 * Xsub)
        omega += xp.exp(3.0 * Xsub)
        omega += xp.exp(Xsub) * ((4.0 * Xsub) + 6.0)
        delta = xp.exp(Xsub) + 1.0
        delta *= delta
        delta += 1.0
        dXsub = dYsub * ((xp.exp(Xsub) * omega) / (delta**2))
        out = dY if inplace else xp.copy(dY)
        out[indices] = dXsub
        return out
"""

TORCH = """
import math
import torch
import torch.nn.functional as F

HALF = 0.5

def sech2(u):
    "The square of sech."
    return 1 - torch.tanh(u) ** 2

class MishFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        sp = F.softplus(x)
        ctx.save_for_backward(x, sp)
        ctx.one = 1.0
        return x.mul(torch.tanh(sp))

    @staticmethod
    def backward(ctx, grad_output):
        x, sp = ctx.saved_tensors
        g = x.sigmoid().mul_(x)
        g.mul_(sech2(sp))
        g += sp.tanh() * ctx.one
        return grad_output * g

class MilaFunction(torch.autograd.Function):
    @staticmethod
    def backward(ctx, grad):
        x, beta = ctx.saved_tensors
        sp = F.softplus(x + beta)
        t = torch.tanh(sp)
        gbeta = x * torch.sigmoid(x + beta) * (1 - t * t)
        return grad * (t + gbeta), (grad * gbeta).sum()

def scalar(x):
    if x > 0:
        return x
    return 0.0

def stable(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))

def by_half(x):
    return HALF * (1 + math.tanh(HALF * x))

def clipped(x):
    return torch.clamp(x, min=0)

def mila(x, beta=-0.25):
    return x * np.tanh(np.log1p(np.exp(x + beta)))

def scaled(x, k):
    return k * x * torch.tanh(F.softplus(x))

def lossy(x):
    total = 0
    for n in range(3):
        total = total + x
    return total
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "theirs.py"
    path.write_text(TORCH + THINC_STYLE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("function", "activation", "partial"),
    [
        ("MishFunction.forward", "mish", "f"),
        ("MishFunction.backward", "mish", "f_x"),
        ("MilaFunction.backward", "mila", "f_x"),
        ("MilaFunction.backward", "mila", "f_beta"),
        ("scalar", "relu", "f"),
        ("stable", "sigmoid", "f"),
        ("by_half", "sigmoid", "f"),
        ("clipped", "relu", "f"),
        ("mila", "mila", "f"),
    ],
)
def test_a_right_function_is_proved(verdict, file, function, activation, partial):
    found = verdict(f"{file}:{function}", activation, partial)
    assert found.proved, found


def test_in_place_steps_and_masks_are_followed(verdict, file):
    found = verdict(f"{file}:backprop_mish", "mish", "f_x")
    assert found.verdict == "agrees"
    assert "equal where x < 30 (proved)" in found.evidence


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("        omega += xp.exp(3.0 * Xsub)\n", ""),
        ("delta += 1.0", "delta += 2.0"),
        ("(delta**2)", "delta"),
        ("x.sigmoid()", "sp.sigmoid()"),
        ("g.mul_(sech2(sp))", "g.mul(sech2(sp))"),
        ("** 2", "** 1"),
        ("ctx.one = 1.0", "ctx.one = 0.5"),
    ],
)
def test_a_planted_fault_is_found(verdict, file, right, wrong):
    text = file.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    passed = [
        verdict(f"{file}:{name}", "mish", "f_x").passed
        for name in ("MishFunction.backward", "backprop_mish")
    ]
    assert passed.count(False) == 1


def test_values_for_other_parameters(verdict, file):
    name = f"{file}:scaled"
    with pytest.raises(MilaAnalysisError, match="--param k="):
        verdict(name, "mish", "f")
    assert verdict(name, "mish", "f", values={"k": 1}).proved
    assert not verdict(name, "mish", "f", values={"k": 2}).passed


def test_a_file_is_never_run_unless_it_is_allowed(tmp_path):
    marker = tmp_path / "ran"
    path = tmp_path / "evil.py"
    path.write_text(
        f"open({str(marker)!r}, 'w').close()\n"
        "import numpy as np\n"
        "def f(x):\n"
        "    for _ in range(1):\n"
        "        y = np.tanh(x)\n"
        "    return y\n",
        encoding="utf-8",
    )
    with pytest.raises(MilaAnalysisError, match="--run"):
        audit(str(path), "tanh", "f")
    assert not marker.exists()
    found = audit(str(path), "tanh", "f", run=True)
    assert marker.exists()
    assert found.verdict == "holds"


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("x = 1", "", "no function"),
        ("def f(x:\n", "", "not Python at line 1"),
        ("def f(x): return x\ndef g(x): return x", "", "name a function"),
        ("def mish(x): return x", "misch", "did you mean 'mish'"),
        ("def f(x): return unknown(x)", "f", "line 1 cannot be read"),
        ("def f(x): return [y for y in x]", "f", "cannot be read"),
        ("def f(x): return x @ x", "f", "cannot be read"),
        ("def f(x): return f(x)", "f", "too deep"),
        ("def f(x): pass", "f", "nothing that is a formula"),
        ("def f(x): return x" + " + x" * 5000, "f", "nested|not Python"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, text, name, why):
    path = tmp_path / "a.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MilaAnalysisError, match=why):
        audit(f"{path}:{name}" if name else str(path), "mish", "f")


def test_a_missing_file_is_a_mistake(tmp_path):
    with pytest.raises(MilaAnalysisError, match="cannot read"):
        audit(str(tmp_path / "none.py"), "mish", "f")


TRAPS = {
    "out=": "y = np.tanh(softplus(x))\nnp.multiply(y, 2, out=y)\nreturn x*y",
    "alias": "y = x\ny *= 2\nreturn x*np.tanh(softplus(x))",
    "tensor_": "y = x.tanh_()\nreturn x*np.tanh(softplus(x)) + 0*y",
    "out": "y = np.tanh(softplus(x))\nnp.negative(y, y)\nreturn x*y",
    "putmask": "y = x*np.tanh(softplus(x))\nnp.putmask(y, x > 0, 0)\nreturn y",
    "sum": "return x.sum()*np.tanh(softplus(x))",
    "floor": "return torch.div(x, 1/np.tanh(softplus(x)), rounding_mode='floor')",
    "where=": "return np.multiply(x, np.tanh(softplus(x)), where=x > 0)",
    "local": "tanh = np.sinh\nreturn x*tanh(softplus(x))",
    "max": "return np.max(x, 0)*np.tanh(softplus(x))/x",
    "item": "return x[0]*np.tanh(softplus(x))",
    "finally": "try:\n    y = x*np.tanh(softplus(x))\nfinally:\n    y = 0\nreturn y",
}
AROUND = {
    "lambda": "softplus = lambda z: z\ndef f(x): return x*np.tanh(softplus(x))",
    "bound": "tanh = np.sinh\ndef f(x): return x*tanh(softplus(x))",
    "import": "from numpy import sinh as tanh\ndef f(x): return x*tanh(softplus(x))",
    "twice": "C = 1\nC *= 2\ndef f(x): return C*x*np.tanh(softplus(x))",
    "if": "C = 1\nif x:\n    C = 2\ndef f(x): return C*x*np.tanh(softplus(x))",
    "own": "def tanh(z): return z\ndef f(x): return x*tanh(softplus(x))",
    "helper": "def h(y):\n    y *= 2\ndef f(x):\n    y = x*np.tanh(softplus(x))\n"
    "    h(y)\n    return y",
    "decorator": "def neg(g): return lambda x: -g(x)\n@neg\ndef f(x):\n"
    "    return x*np.tanh(softplus(x))",
}


@pytest.mark.parametrize(
    "source",
    [
        *("def f(x):\n    " + b.replace("\n", "\n    ") for b in TRAPS.values()),
        *AROUND.values(),
    ],
    ids=[*TRAPS, *AROUND],
)
def test_what_only_looks_right_is_never_called_equal(verdict, tmp_path, source):
    (tmp_path / "a.py").write_text(source + "\n")
    try:
        found = verdict(f"{tmp_path}/a.py:f", "mish", "f")
    except MilaAnalysisError:
        return
    assert found.verdict == "different"


@pytest.mark.parametrize(
    ("activation", "partial", "function", "source"),
    [
        ("mish", "f", "f", ("def f(x):\n    y = np.exp(x)\n    np.log1p(y, out=y)\n"
         "    np.tanh(y, out=y)\n    y *= x\n    return y")),
        ("relu", "f", "f", "def f(x): return np.clip(x, 0, None)"),
        ("relu", "f", "f", "def f(x): return torch.clamp(x, min=0)"),
        ("relu", "f", "f", "def f(x): return x * (x > 0)"),
        ("relu", "f_x", "f", "def f(x): return (x > 0).astype(float)"),
        ("sigmoid", "f", "f", "s = lambda z: 1/(1+np.exp(-z))\ndef f(x): return s(x)"),
        ("sigmoid", "f", "f", "def f(x): return (e := np.exp(x))/(1 + e)"),
        ("tanh", "f", "f", "from numpy import tanh as t\ndef f(x): return t(x)"),
        ("tanh", "f", "f", "th = np.tanh\ndef f(x): return th(x)"),
        ("tanh", "f", "f", "def f(x):\n    th = np.tanh\n    return th(x)"),
        ("mila", "f", "Mila.forward", ("class Mila(nn.Module):\n"
         "    def __init__(self, beta=-0.25):\n        super().__init__()\n"
         "        self.beta = nn.Parameter(torch.tensor(float(beta)))\n"
         "    def forward(self, x):\n"
         "        return x * torch.tanh(F.softplus(x + self.beta))")),
        ("silu", "f", "f", ("def sigmoid(x): return 0*x\n"
         "def f(x): return x*torch.sigmoid(x)")),
    ],
)  # fmt: skip
def test_what_is_right_is_proved(
    verdict, tmp_path, activation, partial, function, source
):
    (tmp_path / "a.py").write_text(source + "\n")
    assert verdict(f"{tmp_path}/a.py:{function}", activation, partial).proved


def test_the_other_limit_of_a_clip_is_seen(verdict, tmp_path):
    (tmp_path / "a.py").write_text("def f(x): return np.clip(x, None, 0)\n")
    assert verdict(f"{tmp_path}/a.py", "relu", "f").verdict == "different"
