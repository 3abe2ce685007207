"""An activation to the places on the line where it is undefined, jumps, or has a kink.

The line is cut where a condition changes, a denominator or a radicand vanishes, or a
logarithm ends; each piece and each cut is then looked at in balls. What balls cannot
decide is said to be undecided.
"""

from mila_analysis.continuity.cuts import Cut
from mila_analysis.continuity.places import Place, Span, breaks, spans

__all__ = ["Cut", "Place", "Span", "breaks", "spans"]
