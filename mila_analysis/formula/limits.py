"""What a formula may ask for: above these it is refused, before it costs anything."""

__all__ = [
    "MAX_BITS",
    "MAX_CASES",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_EXPONENT",
    "MAX_LENGTH",
    "MAX_NESTING",
    "MAX_NODES",
    "MAX_SECONDS",
]

MAX_LENGTH = 1000
MAX_DEPTH = 40
MAX_NESTING = 4
"""Functions in functions: each level multiplies what is derived."""

MAX_NODES = 400
MAX_CASES = 32
MAX_EXPONENT = 32
MAX_DIGITS = 40
MAX_BITS = 4096
"""Of one exact number anywhere in a formula."""

MAX_SECONDS = 5.0
"""For a formula that none of the other limits has stopped."""
