"""An activation function's formula to exact derivatives, figures and verified code."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mila_analysis.shown import written_by

__version__ = "0.1.0"

if TYPE_CHECKING:
    from mila_analysis.activation import Activation, Parameter
    from mila_analysis.analysis import Features, analyze
    from mila_analysis.auditing import Audit, audit
    from mila_analysis.balls import Enclosure, enclose
    from mila_analysis.catalog import define, get, names, resolve
    from mila_analysis.continuity import breaks
    from mila_analysis.derivation import Derivation, derive
    from mila_analysis.errors import MilaAnalysisError
    from mila_analysis.experiments.config import RunConfig
    from mila_analysis.experiments.results import RunResult
    from mila_analysis.experiments.training import train
    from mila_analysis.explorer import explore
    from mila_analysis.functions import lambdify
    from mila_analysis.kernels import (
        GeneratedCode,
        Kernel,
        generate_code,
        read_code,
    )
    from mila_analysis.modules import as_module
    from mila_analysis.plotting import Film, animate, plot
    from mila_analysis.recognition import recognised
    from mila_analysis.reporting import Report, report
    from mila_analysis.stability import StableForm, stabilize
    from mila_analysis.verification import Certificate, verify

_HOME = {
    "Activation": "activation",
    "Audit": "auditing",
    "Certificate": "verification",
    "Derivation": "derivation",
    "Enclosure": "balls",
    "Features": "analysis",
    "Film": "plotting",
    "GeneratedCode": "kernels",
    "Kernel": "kernels",
    "MilaAnalysisError": "errors",
    "Parameter": "activation",
    "Report": "reporting",
    "RunConfig": "experiments.config",
    "RunResult": "experiments.results",
    "StableForm": "stability",
    "analyze": "analysis",
    "animate": "plotting",
    "as_module": "modules",
    "audit": "auditing",
    "breaks": "continuity",
    "define": "catalog",
    "derive": "derivation",
    "enclose": "balls",
    "explore": "explorer",
    "generate_code": "kernels",
    "get": "catalog",
    "lambdify": "functions",
    "names": "catalog",
    "plot": "plotting",
    "read_code": "kernels",
    "recognised": "recognition",
    "report": "reporting",
    "resolve": "catalog",
    "stabilize": "stability",
    "train": "experiments.training",
    "verify": "verification",
}

__all__ = [
    "Activation",
    "Audit",
    "Certificate",
    "Derivation",
    "Enclosure",
    "Features",
    "Film",
    "GeneratedCode",
    "Kernel",
    "MilaAnalysisError",
    "Parameter",
    "Report",
    "RunConfig",
    "RunResult",
    "StableForm",
    "__version__",
    "analyze",
    "animate",
    "as_module",
    "audit",
    "breaks",
    "define",
    "derive",
    "enclose",
    "explore",
    "generate_code",
    "get",
    "lambdify",
    "names",
    "plot",
    "read_code",
    "recognised",
    "report",
    "resolve",
    "stabilize",
    "train",
    "verify",
]

# A notebook shows what stands far below the modules that know how to write it.
written_by(lambda: import_module(f"{__name__}.notebook").WRITERS)


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
