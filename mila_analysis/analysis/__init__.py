"""An activation to what its function is like: zeros, extrema, bounds, moments, proved.

The line is cut where another case holds (`line`, `pieces`). On each piece a partial in
x is a quotient of sums in the tower (`bound`). Its sign far out follows from expansions
with bounds (`tails`: `scales`, `expansions`, `elementary`); its zeros between are found
by halving intervals, and none is missed (`zeros`). All features rest on that.
"""

from mila_analysis.analysis.analyzing import analyze
from mila_analysis.analysis.features import (
    Bound,
    Extremum,
    Features,
    Gaussian,
    Interval,
    Limit,
    Point,
    Range,
    Well,
)

__all__ = [
    "Bound",
    "Extremum",
    "Features",
    "Gaussian",
    "Interval",
    "Limit",
    "Point",
    "Range",
    "Well",
    "analyze",
]
