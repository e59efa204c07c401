"""What must be run: keys, code fingerprints, decisions. Pure, without torch."""
