"""The whole catalog to certificates in short: a table that a page shows, and JSON.

`mila-analysis survey` verifies generated code of every entry and keeps of each
certificate what a reader compares: the worst error of every partial, and why it is
above what is aimed at, if it is. What is known of the same text is not tried again.
"""

from __future__ import annotations

from mila_analysis.surveying.page import page
from mila_analysis.surveying.rows import Row, Survey, Worst
from mila_analysis.surveying.running import DTYPES, survey

__all__ = ["DTYPES", "Row", "Survey", "Worst", "page", "survey"]
