"""An activation to a report of all that is known of it, in HTML, PDF, Markdown, LaTeX.

`making` gathers sections (`blocks`), which no format is in; a module a format writes
them: `html`, `markdown`, `latex`, `pdf`.
"""

from mila_analysis.reporting.making import BACKENDS, SECTIONS, Report, report
from mila_analysis.reporting.saving import FORMATS

__all__ = ["BACKENDS", "FORMATS", "SECTIONS", "Report", "report"]
