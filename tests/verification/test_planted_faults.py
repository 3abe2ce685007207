"""Faults planted in generated text: which leg finds each, and that each is found.

`text` finds every change. Each other leg is run alone: those that look at numbers have
to find what changes a number without it, and without the proof.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

from mila_analysis.backends import javascript
from mila_analysis.catalog import define, get
from mila_analysis.kernels import BACKENDS, GeneratedCode, generate_code
from mila_analysis.verification import LEGS, verify
from mila_analysis.verification.subject import dtypes

MILA = get("mila").bind(beta="-0.25")
QUICK = define("quick", "x * sigmoid(1.702 * x)")
SINGLE = "1.7020000219345093"  # 1.702 as float32 has it
NUMBERS = ("accuracy", "autograd", "edges")


@dataclass(frozen=True)
class Fault:
    """A change of a text, and the legs that find it on their own."""

    name: str
    old: str  # a regular expression
    new: str
    found_by: tuple[str, ...]
    activation: object = MILA
    count: int = 1
    dtype: str = "float64"


FAULTS = {
    "numpy": (
        Fault(
            "a dropped term",
            r"form_2 = np\.add\(coefficient_2, \w+, coefficient_2\)",
            "form_2 = np.multiply(coefficient_2, 1.0, coefficient_2)",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a flipped sign",
            r"form_3 = np\.add\(1\.0, t_2",
            "form_3 = np.subtract(1.0, t_2",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(  # exact arithmetic has no rounding error whose sign could be wrong
            "a flipped sign of the rounding error",
            r"t_2 = np\.subtract\(t, (\w+), t\)",
            r"t_2 = np.add(t, \1, t)",
            ("accuracy",),
            count=0,
        ),
        Fault(
            "an inverted quotient",
            r"np\.divide\(form_3, form_2_squared, form_3\)",
            "np.divide(form_2_squared, form_3, form_3)",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a wrong limit of the cap",
            r"self\.cut = 700\.0",
            "self.cut = 760.0",
            ("identity", "accuracy"),
        ),
        Fault(
            "a wrong limit of the short arithmetic",
            r"680\.0 / _REACH",
            "9000.0 / _REACH",
            ("identity", "accuracy"),
            dtype="float32",
        ),
        Fault(
            "a wrong side",
            r"_select\((\w+), _k\.one, tail\)",
            r"_select(\1, tail, _k.one)",
            ("accuracy", "edges"),
        ),
        Fault(
            "a missing tail",
            r"f\[\.\.\.\] = _fade\((\w+), tail_p, _k\)",
            r"f[...] = \1",
            ("accuracy", "edges"),
        ),
        Fault(
            "constants of float32 in code for float64",
            r"1\.702\b",
            SINGLE,
            ("identity", "accuracy"),
            QUICK,
            count=0,
        ),
        Fault(
            "swapped outputs",
            r"f_xx, f_xbeta, f_betabeta\):",
            "f_xbeta, f_xx, f_betabeta):",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "another default of a parameter",
            r"beta=-0\.25\)",
            "beta=-0.24)",
            ("accuracy", "autograd"),
            count=0,
        ),
        Fault(
            "an array written before it is read",
            r"form_2_squared = np\.multiply\(form_2, form_2\)",
            "form_2_squared = np.multiply(form_2, form_2, form_2)",
            ("identity", "accuracy", "autograd"),
        ),
    ),
    "torch": (
        Fault(
            "a dropped term",
            r"nested_2 = torch\.add\(_n\[2\.0\], product, ",
            "nested_2 = torch.mul(_n[1.0], product, ",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a flipped sign",
            r"nested = torch\.add\(_n\[2\.0\], e, ",
            "nested = torch.sub(_n[2.0], e, ",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a flipped sign of the rounding error",
            r"t_2 = t - ",
            "t_2 = t + ",
            ("accuracy",),
            count=0,
        ),
        Fault(
            "an inverted quotient",
            r"torch\.div\(product, nested_2, ",
            "torch.div(nested_2, product, ",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a wrong limit of the short arithmetic",
            r"_REACH = \(1, 3\)",
            "_REACH = (1, 0.1)",
            ("identity", "accuracy"),
            dtype="float32",
        ),
        Fault(
            "an array written before it is read",
            r"nested = torch\.add\(_n\[2\.0\], e, out=_room_1\)",
            "nested = torch.add(_n[2.0], e, out=f)",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a wrong limit of the cap",
            r"_Limits\(torch\.float64, 700\.0",
            "_Limits(torch.float64, 760.0",
            ("identity", "accuracy"),
        ),
        Fault(
            "a wrong side",
            r"torch\.where\(above > 0\.0, 1\.0, tail\)",
            "torch.where(above > 0.0, tail, 1.0)",
            ("accuracy", "edges"),
        ),
        Fault(
            "a missing tail",
            r"f = term \* p \* tail_p",
            "f = term * p",
            ("accuracy", "edges"),
        ),
        Fault(
            "constants of float32 in code for float64",
            r"\(851 / 500\)",
            SINGLE,
            ("identity", "accuracy"),
            QUICK,
            count=0,
        ),
        Fault(
            "swapped outputs",
            r"_n, f, f_x, f_beta, f_xx, f_xbeta,",
            "_n, f, f_x, f_beta, f_xbeta, f_xx,",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "another default of a parameter",
            r"beta=-0\.25\)",
            "beta=-0.24)",
            ("accuracy", "autograd"),
            count=0,
        ),
    ),
    "c": (
        Fault(
            "a dropped term",
            r"nested_2 = ma_fused_f64\([^;]*;",
            "nested_2 = e * nested;",
            ("identity", "accuracy", "autograd"),
            count=0,
        ),
        Fault(
            "a flipped sign",
            r"nested_3 = 1\.0 \+ e",
            "nested_3 = 1.0 - e",
            ("identity", "accuracy", "autograd"),
            count=0,
        ),
        Fault(
            "a flipped sign of the rounding error",
            r"double t_2 = t - ",
            "double t_2 = t + ",
            ("accuracy",),
            count=0,
        ),
        Fault(
            "an inverted quotient",
            r"inverse = 1\.0 / nested_2",
            "inverse = nested_2 / 1.0",
            ("identity", "accuracy", "autograd"),
            count=0,
        ),
        Fault(
            "a reach that is too long",
            r"700\.0 / 3\.0",
            "7000.0 / 3.0",
            ("identity", "accuracy"),
            count=0,
        ),
        Fault(
            "a wrong limit of the cap",
            r"MA_CUT_f64 700\.0",
            "MA_CUT_f64 760.0",
            ("identity", "accuracy"),
        ),
        Fault(
            "a wrong side",
            r"above > 0\.0 \? 1\.0 : tail",
            "above > 0.0 ? tail : 1.0",
            ("accuracy", "edges"),
            count=0,
        ),
        Fault(
            "a missing tail",
            r"= ma_fade_f64\((.*), tail\w*\);",
            r"= \1;",
            ("accuracy", "edges"),
            count=0,
        ),
        Fault(
            "constants of float32 in code for float64",
            r"z = x \* 1\.702;",
            f"z = x * {SINGLE};",
            ("identity", "accuracy"),
            QUICK,
            count=0,
        ),
        Fault(
            "swapped outputs",
            r"out\[3\](\[i\] = [^;]*;\s*)out\[4\]",
            r"out[4]\1out[3]",
            ("identity", "accuracy", "autograd"),
            count=0,
        ),
    ),
    "javascript": (
        Fault(
            "a dropped term",
            r"form_3 = 1 \+ t_2",
            "form_3 = 1",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a flipped sign",
            r"form_3 = 1 \+ t_2",
            "form_3 = 1 - t_2",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a flipped sign of the rounding error",
            r"t_2 = t - ",
            "t_2 = t + ",
            ("accuracy",),
        ),
        Fault(
            "an inverted quotient",
            r"form_3 / form_2_squared",
            "form_2_squared / form_3",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a wrong limit of the cap",
            r"_CUT = 700",
            "_CUT = 760",
            ("identity", "accuracy"),
        ),
        Fault(
            "a wrong side",
            r"above > 0 \? 1 : tail",
            "above > 0 ? tail : 1",
            ("accuracy", "edges"),
        ),
        Fault(
            "a missing tail",
            r"f = term \* p \* tail_p",
            "f = term * p",
            ("accuracy", "edges"),
        ),
        Fault(
            "constants of float32 in code for float64",
            r"1\.702\b",
            SINGLE,
            ("identity", "accuracy"),
            QUICK,
            count=0,
        ),
        Fault(
            "swapped outputs",
            r"f_xx: _v\[3\], f_xbeta: _v\[4\]",
            "f_xx: _v[4], f_xbeta: _v[3]",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "a partial too soon",
            r"_whole\(2, x, beta\)\[1\]",
            "_whole(2, x, beta)[0]",
            ("identity", "accuracy", "autograd"),
        ),
        Fault(
            "another default of a parameter",
            r"beta = -0\.25\)",
            "beta = -0.24)",
            ("identity", "accuracy", "autograd"),
            count=0,
        ),
        Fault(
            "a wrong error function",
            r"x \+ 4\)",
            "x + 5)",
            ("identity", "accuracy", "autograd"),
            get("gelu"),
        ),
        Fault(
            "a wrong exponent",
            r"e: a\.e \+ k \}",
            "e: a.e + k + 1 }",
            ("identity", "accuracy", "autograd", "edges"),
            get("gelu"),
        ),
    ),
}
# Triton's code runs in its interpreter, slowly: tests/backends/test_triton_values.py.
WITH_NODE = pytest.mark.skipif(not javascript.available(), reason="no Node.js")
RUN = [
    pytest.param(backend, marks=WITH_NODE) if backend == "javascript" else backend
    for backend in BACKENDS
    if backend != "triton"
]
CASES = [
    pytest.param(
        backend,
        fault,
        id=f"{backend}: {fault.name}",
        marks=WITH_NODE if backend == "javascript" else (),
    )
    for backend in BACKENDS
    for fault in FAULTS.get(backend, ())
]


def planted(backend: str, fault: Fault) -> GeneratedCode:
    code = generate_code(fault.activation, backend)
    text, changes = re.subn(fault.old, fault.new, code.text, count=fault.count)
    assert changes, f"nothing in the text is like {fault.old}"
    return replace(code, text=text)


def finders(code: GeneratedCode, dtype: str) -> set[str]:
    """Legs that fail, each of them alone."""
    found = set()
    for leg in LEGS:
        certificate = verify(code, dtype=dtype, legs=[leg], points=30)
        found |= {finding.leg for finding in certificate.failures}
    return found


@pytest.mark.parametrize(("backend", "fault"), CASES)
def test_a_planted_fault_is_found(backend: str, fault: Fault) -> None:
    code = planted(backend, fault)
    found = finders(code, fault.dtype)
    assert "text" in found
    assert found >= set(fault.found_by)
    assert found & set(NUMBERS)


@pytest.mark.parametrize("backend", RUN)
def test_what_is_not_changed_passes(backend: str) -> None:
    for activation in (MILA, QUICK):
        code = generate_code(activation, backend)
        kinds = [kind for kind in dtypes(code) if kind in ("float64", "float32")]
        assert verify(code, dtype=kinds, points=30).passed


@pytest.mark.parametrize("backend", RUN)
def test_every_backend_has_its_faults(backend: str) -> None:
    assert len(FAULTS.get(backend, ())) >= 8
