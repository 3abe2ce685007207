"""Activations and seeds to runs, to means, intervals and tests, and to sentences.

Importing this package imports neither torch nor scipy.

Decisions:

- Runs of one seed begin with the same weights and see the same order of examples, so
  differences are taken seed by seed. With the data given, these differences are
  independent draws of one distribution; that is all that Student's paired t test needs
  besides a shape not far from normal. (T. Dietterich, Neural Computation 10, 1998,
  warns of the t test over training sets that overlap: these do not vary here, and so
  nothing is said of other data.)
- Student's t (Biometrika 6, 1908) decides, and not a rank test: the smallest two-sided
  p that the signs of five differences can have is 2/2⁵ = 0.0625, whatever the
  differences. The exact sign-flip test (Fisher, 1935; Pitman, 1937), which asks for no
  shape but symmetry, is given beside it. Where all differences are one number, t has no
  scale, and the sign-flip test decides.
- Many pairs are corrected for by Holm's step-down method (Scandinavian Journal of
  Statistics 6, 1979), over all pairs of one score.
- The effect size is the mean difference in standard deviations of the differences,
  with Hedges' exact correction of its bias (Journal of Educational Statistics 6, 1981),
  and its interval is that of the noncentral t distribution.
"""

from mila_analysis.experiments.comparing.comparison import Comparison
from mila_analysis.experiments.comparing.running import compare
from mila_analysis.experiments.comparing.writing import FORMATS, write

__all__ = ["FORMATS", "Comparison", "compare", "write"]
