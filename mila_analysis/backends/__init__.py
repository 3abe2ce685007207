"""Stable forms to source text, one file a target; see README.md for the recipe."""
