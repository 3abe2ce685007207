"""Generated code to evidence that it is the function: algebra, ulp against balls."""
