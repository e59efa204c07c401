"""Study files: what they say, checked, with the place of every fault."""
