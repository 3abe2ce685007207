"""Activations to a page on which one feels what their parameters do.

`contents` gathers what a page shows of an activation, `sampling` measures errors along
x, `page` puts it together with the scripts of `app/` and KaTeX. Its functions are the
generated JavaScript, verified as any other code.
"""

from mila_analysis.explorer.page import Page, explore

__all__ = ["Page", "explore"]
