"""Where data sets lie, how they are read, divided and described. NumPy only."""
