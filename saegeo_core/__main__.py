"""`python -m saegeo_core` is `saegeo`."""

from saegeo_core.cli import main

if __name__ == "__main__":
    main()
