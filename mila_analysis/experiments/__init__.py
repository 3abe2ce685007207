"""Training networks with an activation: data, runs, comparisons, published tables."""
