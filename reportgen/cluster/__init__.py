"""Runs that are made on the machines of a Ray cluster. Nothing here is imported without one."""
