"""`python -m mila_analysis` to the command line."""

from mila_analysis.cli import main

if __name__ == "__main__":
    main()
