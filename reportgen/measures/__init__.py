"""Arrays in, values out: confusion, neighbourhoods, maps. No file is read here."""
