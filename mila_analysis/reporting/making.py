"""An activation to a report: what one would attach to a paper."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mila_analysis import __version__
from mila_analysis.activation import Activation, Number, typed
from mila_analysis.analysis import Features, analyze
from mila_analysis.errors import MilaAnalysisError, ParameterError, suggestion
from mila_analysis.kernels import GeneratedCode, generate_code
from mila_analysis.native import NoCompilerError
from mila_analysis.reporting import citing
from mila_analysis.reporting.blocks import (
    Block,
    Code,
    Figure,
    Listing,
    Paragraph,
    Rich,
    Section,
)
from mila_analysis.reporting.defining import (
    at_values,
    definition,
    derivatives,
    figures,
)
from mila_analysis.reporting.finding import Verified, analysis, verification
from mila_analysis.verification import Certificate, verify

__all__ = ["BACKENDS", "SECTIONS", "Report", "report"]

BACKENDS = ("numpy", "torch", "c")
SECTIONS = (
    "derivatives", "figures", "analysis", "verification", "code", "citation",
)  # fmt: skip
"""What may be left out; `code` is its use and the appendix with its text."""

DTYPES = ("float64", "float32")


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says; a format is a way to write it.

    Attributes:
        activation: what it is about.
        title: of one line.
        subtitle: values of the parameters.
        sections: in order, appendices last.
        command: what to type to have it again.
        features: what was analyzed.
        certificates: of the backends that could be verified.
    """

    activation: Activation
    title: str
    subtitle: Rich
    sections: tuple[Section, ...]
    command: str
    features: Features
    certificates: tuple[Certificate, ...]

    @property
    def passed(self) -> bool:
        """Whether no certificate says that a promise was broken."""
        return all(c.passed for c in self.certificates)

    @property
    def version(self) -> str:
        """Of this program."""
        return f"mila-analysis {__version__}"

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All of them."""
        blocks = (block for section in self.sections for block in section.blocks)
        return tuple(block for block in blocks if isinstance(block, Figure))

    def save(self, path: Path | str) -> Path:
        """Write it as HTML, PDF, Markdown or LaTeX, by the suffix of its path.

        Figures of Markdown and LaTeX are files beside it.

        Raises:
            UnsupportedError: another suffix, or PDF without pdflatex.
            WriteError: it could not be written.
        """
        from mila_analysis.reporting.saving import save

        return save(self, path)

    def _repr_html_(self) -> str:
        """As a notebook shows it."""
        from mila_analysis.reporting.html import fragment

        return fragment(self)


def report(
    activation: Activation,
    *,
    backends: Sequence[str] = BACKENDS,
    without: Collection[str] = (),
    threshold: Number = "0.001",
    progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Definition, derivatives, figures, analysis, certificates, code and citation.

    Args:
        activation: with the values of its parameters.
        backends: whose code is verified; none saves the seconds that this takes.
        without: sections to leave out, of `SECTIONS`; nothing is verified where that
            section is out.
        threshold: a slope below this in size is dead.
        progress: is told what is being done.

    Raises:
        MilaAnalysisError: there is nothing to report of such a formula.
    """
    _check("report verifies", backends, BACKENDS)
    _check("section of a report is called", without, SECTIONS)
    backends = () if "verification" in without else backends
    progress("analyzing")
    features = analyze(activation, threshold=threshold)
    found = []
    for backend in backends:
        progress(f"verifying {backend}")
        found.append(_verified(activation, backend, progress))
    progress("writing sections")
    return Report(
        activation=activation,
        title=activation.title or activation.name,
        subtitle=at_values(activation),
        sections=tuple(_sections(features, found, without)),
        command=_command(activation, backends, without),
        features=features,
        certificates=_certificates(found),
    )


def _sections(
    features: Features, found: Sequence[Verified], without: Collection[str]
) -> Iterator[Section]:
    """Sections in the order of a paper."""
    activation = features.activation
    makers: dict[str, Callable[[], Section]] = {
        "derivatives": lambda: derivatives(activation),
        "figures": lambda: figures(features),
        "analysis": lambda: analysis(features),
        "verification": lambda: verification(activation, found),
        "code": lambda: _use(activation),
        "citation": lambda: _citation(activation),
    }
    yield definition(activation)
    yield from (makers[name]() for name in SECTIONS if name not in without)
    if "code" not in without:
        yield _appendix(_code(activation, _certificates(found)))


def _certificates(found: Sequence[Verified]) -> tuple[Certificate, ...]:
    return tuple(v.certificate for v in found if v.certificate is not None)


def _check(what: str, given: Collection[str], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            hint = suggestion(name, known) or f"; choose from {', '.join(known)}"
            raise ParameterError(f"no {what} '{name}'{hint}")


def _command(
    activation: Activation, backends: Sequence[str], without: Collection[str]
) -> str:
    words = ["mila-analysis", "report", "-a", typed(activation)]
    if without:
        words += ["--without", ",".join(n for n in SECTIONS if n in without)]
    if tuple(backends) != BACKENDS and "verification" not in without:
        words += [w for b in backends for w in ("-b", b)] or ["--no-verify"]
    return shlex.join(words)


def _verified(
    activation: Activation, backend: str, progress: Callable[[str], None]
) -> Verified:
    """Certificate of code, or the reason why there is none."""
    try:
        code = generate_code(activation, backend).marked_verified()
        found = verify(
            code,
            dtype=DTYPES,
            progress=lambda text: progress(f"verifying {backend}: {text}"),
        )
    except NoCompilerError as error:
        return Verified(backend, None, str(error))
    except MilaAnalysisError as error:
        return Verified(backend, None, str(error))
    return Verified(backend, found)


def _code(activation: Activation, certificates: Sequence[Certificate]) -> GeneratedCode:
    """NumPy code, marked as verified where a certificate says so."""
    code = generate_code(activation, "numpy")
    marked = code.marked_verified()
    proved = any(c.passed and c.digest == marked.digest for c in certificates)
    return marked if proved else code


def _use(activation: Activation) -> Section:
    module = activation.name.lower()
    words = shlex.join(["mila-analysis", "code", "-a", typed(activation)])
    example = (
        f"import numpy as np\nfrom {module} import f, f_x, partials\n\n"
        "x = np.linspace(-5, 5, 11)\n"
        "f(x)  # the function\nf_x(x)  # its slope\npartials(x)  # all, by name\n"
    )
    told: Rich = (
        "Files that need nothing of ours, verified before they are written: ",
        Code(f"{words} -o {module}.py"),
        " for NumPy, ",
        Code("-b torch"),
        " for PyTorch, ",
        Code("-b c"),
        " for C. The text for NumPy is the appendix.",
    )
    blocks: list[Block] = [Paragraph(told), Listing(example, "python")]
    return Section("Code", tuple(blocks))


def _citation(activation: Activation) -> Section:
    entries: Iterator[str] = iter(citing.entries(activation))
    return Section("Citation", (Listing("\n".join(entries), "bibtex"),))


def _appendix(code: GeneratedCode) -> Section:
    lines = len(code.text.splitlines())
    folded = f"{lines:,} lines for NumPy"
    return Section(
        "Generated code for NumPy",
        (
            Paragraph(("SHA-256: ", Code(code.digest), ".")),
            Listing(code.text, "python", folded),
        ),
        is_appendix=True,
    )
