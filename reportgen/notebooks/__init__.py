"""Notebooks: one for each section of a report, made from its experiments, run, and kept."""
