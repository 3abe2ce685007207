"""Formulas as people write them, in plain text and in LaTeX, to one tree."""
