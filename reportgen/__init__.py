"""From declarative experiment files to a finished laboratory report."""

__version__ = "0.1.0"
