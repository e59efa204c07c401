"""What `benchmarks/fuzz.py` is made of: seeds, mutations, runs of the program, and a judge."""
