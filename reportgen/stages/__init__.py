"""The first half: what is missing is run, here and nowhere else. Torch lives below this."""
