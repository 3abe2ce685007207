"""Code to its certificate: the legs of a verification, one after the other.

`text`: the file is, to the last character, what its own recipe makes here, and its
digest is right. `identity`: the arithmetic read back out of the text is the derivative.
`accuracy`, `autograd`, `edges`: the functions, loaded from the text, give the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mila_analysis.activation import Activation
from mila_analysis.backends import header
from mila_analysis.derivation import derive
from mila_analysis.errors import MilaAnalysisError, ParameterError, suggestion
from mila_analysis.kernels import (
    GeneratedCode,
    Kernel,
    backend_of,
    generate_code,
    load,
)
from mila_analysis.stability import stabilize
from mila_analysis.verification import autograd, edges, every, identity, search
from mila_analysis.verification.certificate import Certificate, machine, versions
from mila_analysis.verification.finding import FAILED, PASSED, RESERVED, Finding
from mila_analysis.verification.formats import Format, of_dtype
from mila_analysis.verification.subject import dtypes

__all__ = ["LEGS", "POINTS", "Progress", "verify"]

LEGS = ("text", "identity", "accuracy", "autograd", "edges")
NUMERIC = LEGS[2:]
POINTS = 300

Progress = Callable[[str], None]


def verify(
    code: GeneratedCode | Kernel | Activation,
    *,
    dtype: str | Sequence[str] | None = None,
    legs: Iterable[str] | None = None,
    points: int = POINTS,
    seed: int = 0,
    exhaustive: bool = False,
    resume: Path | None = None,
    progress: Progress | None = None,
) -> Certificate:
    """Verify generated code from its text, and say what was found.

    A text that the `text` or `identity` leg refuses is not run, unless `legs` names
    the legs to take.

    Args:
        code: code, a kernel with its code, or an activation whose NumPy code is made.
        dtype: formats to check; all that the backend has unless given.
        legs: which of `LEGS` to take; all unless given.
        points: random points of each format; those of binades and limits come on top.
        seed: of the random points.
        exhaustive: every number of the 16-bit formats among `dtype`, and of float32
            if it is the only one.
        resume: where an exhaustive run of float32 keeps how far it is.
        progress: is told what is being done.

    Raises:
        UnknownNameError, ParameterError: no such format or leg.
    """
    code = _code(code)
    kinds = _formats(code, dtype)
    if exhaustive:
        _check_exhaustive(code, kinds)
    chosen = LEGS if legs is None else _known_legs(legs)
    if points < 0 or seed < 0:
        raise ParameterError("points and seed are numbers that are not negative")
    run = _Run(code, kinds, points, seed, progress or (lambda _: None))
    findings = [f for leg in chosen if leg not in NUMERIC for f in run.leg(leg)]
    if legs is None and not all(f.passed for f in findings):
        findings += [_not_run(leg) for leg in NUMERIC]
    else:
        findings += [f for leg in chosen if leg in NUMERIC for f in run.leg(leg)]
    if exhaustive and all(f.passed for f in findings):
        findings += run.exhaustive(resume)
    uses_torch = "autograd" in chosen or code.backend == "torch"
    activation = code.activation
    return Certificate(
        name=activation.name,
        formula=activation.formula,
        parameters={p.name: str(p.value) for p in activation.parameters},
        order=code.order,
        backend=code.backend,
        accuracy=code.accuracy,
        strategy=code.strategy,
        digest=code.digest,
        dtypes=tuple(kind.name for kind in kinds),
        legs=tuple(chosen),
        points=points,
        seed=seed,
        exhaustive=exhaustive,
        findings=tuple(findings),
        versions=versions(torch=uses_torch) | _runner(code),
        machine=machine(),
    )


def _runner(code: GeneratedCode) -> dict[str, str]:
    """Version of the program that runs the code, where that is not Python."""
    if code.backend != "javascript":
        return {}
    from mila_analysis.backends import javascript

    return {"node": javascript.version()}


def _code(code: GeneratedCode | Kernel | Activation) -> GeneratedCode:
    if isinstance(code, Activation):
        return generate_code(code)
    return code.code if isinstance(code, Kernel) else code


def _formats(code: GeneratedCode, dtype: str | Sequence[str] | None) -> list[Format]:
    has = dtypes(code)
    names = has if dtype is None else [dtype] if isinstance(dtype, str) else dtype
    kinds = [of_dtype(name) for name in dict.fromkeys(names)]
    for kind in kinds:
        if kind.name not in has:
            raise ParameterError(
                f"{code.backend} code has no {kind.name}; it has {', '.join(has)}"
            )
    return kinds


def _check_exhaustive(code: GeneratedCode, kinds: Sequence[Format]) -> None:
    """Refuse a run over all numbers of a format where there can be none."""
    names = [kind.name for kind in kinds]
    if names == ["float32"]:
        every.check_float32(code)
    elif not any(kind.digits <= 10 for kind in kinds):
        raise ParameterError("every number: of float16, bfloat16, or float32 alone")


def _known_legs(legs: Iterable[str]) -> list[str]:
    chosen = [legs] if isinstance(legs, str) else list(legs)
    for leg in chosen:
        if leg not in LEGS:
            hint = suggestion(leg, LEGS) or f" (there are: {', '.join(LEGS)})"
            raise ParameterError(f"no leg '{leg}'{hint}")
    return [leg for leg in LEGS if leg in chosen]


def _not_run(leg: str) -> Finding:
    said = "not run: a text that is not what it should be may do anything"
    return Finding(leg, "all", RESERVED, 0, said)


class _Run:
    """One verification: the code, loaded when a leg first needs it."""

    def __init__(
        self,
        code: GeneratedCode,
        kinds: Sequence[Format],
        points: int,
        seed: int,
        progress: Progress,
    ) -> None:
        self.code = code
        self.kinds = kinds
        self.points = points
        self.seed = seed
        self.progress = progress
        self._kernel: Kernel | None = None

    @property
    def kernel(self) -> Kernel:
        if self._kernel is None:
            self._kernel = load(self.code)
        return self._kernel

    def leg(self, name: str) -> list[Finding]:
        """Findings of one leg; code that raises in it is a finding, too."""
        if name == "text":
            return [_text(self.code)]
        if name == "identity":
            self.progress("identity")
            return [_identity(self.code)]
        try:
            return self._numeric(name)
        except MilaAnalysisError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever code under test raises
            said = f"{type(error).__name__}: {error}".partition("\n")[0]
            return [Finding(name, "all", FAILED, 0, f"it does not run: {said[:200]}")]

    def _numeric(self, name: str) -> list[Finding]:
        if name == "autograd":
            widest = max(self.kinds, key=lambda kind: kind.digits)
            return autograd.autograd(self.kernel, widest, progress=self.progress)
        found = []
        for kind in self.kinds:
            if name == "edges":
                found += edges.edges(self.kernel, kind, progress=self.progress)
            else:
                found += search.accuracy(
                    self.kernel,
                    kind,
                    points=self.points,
                    seed=self.seed,
                    progress=self.progress,
                )
        return found

    def exhaustive(self, resume: Path | None) -> list[Finding]:
        """Every number of the formats that are small enough, or were asked for."""
        found = []
        for kind in self.kinds:
            if kind.digits <= 10:
                found += every.every_number(self.kernel, kind, progress=self.progress)
            elif kind.name == "float32" and len(self.kinds) == 1:
                found += every.every_float32(
                    self.kernel, progress=self.progress, resume=resume
                )
        return found


def _text(code: GeneratedCode) -> Finding:
    """Whether a text is what its recipe makes here, to the last character."""
    said = ""
    try:
        head = header.parse(code.text)
        fresh = generate_code(
            code.activation, code.backend, order=code.order, accuracy=code.accuracy
        )
        wanted = fresh.marked_verified() if head.verified else fresh
        if wanted.text != code.text:
            said = _first_difference(code.text, wanted.text)
        if head.digest != code.digest:
            said = f"its digest is not that of its text; {said}".rstrip("; ")
    except MilaAnalysisError as error:
        said = str(error)
    lines = code.text.count("\n")
    status = FAILED if said else PASSED
    return Finding("text", "every line", status, lines, said, unit="lines")


def _first_difference(text: str, wanted: str) -> str:
    a, b = text.split("\n"), wanted.split("\n")
    for number, (line, other) in enumerate(zip(a, b, strict=False), 1):
        if line != other and "Digest: " not in line:
            if "".join(line.split()) == "".join(other.split()):
                return f"line {number} has other blanks than '{other.strip()}'"
            return f"line {number} is '{line.strip()}', not '{other.strip()}'"
    if len(a) != len(b):
        return f"it has {len(a)} lines, not {len(b)}"
    return "its digest is another"


def _identity(code: GeneratedCode) -> Finding:
    """Whether the arithmetic in a text is the derivative; a proof."""
    said, proved = "", 0
    try:
        readings = backend_of(code.backend).read(code.text)
        derivation = derive(code.activation, code.order)
        form = stabilize(derivation)
        proved = identity.prove_readings(derivation, form, readings)
    except MilaAnalysisError as error:
        said = str(error)
    status = FAILED if said else PASSED
    return Finding("identity", "all", status, proved, said, unit="identities proved")
