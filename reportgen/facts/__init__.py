"""Records in, facts out: typed values with a source. Pure, without wording."""
