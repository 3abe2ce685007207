"""Evidence that generated code is the function: exact algebra, and ulp against balls."""
