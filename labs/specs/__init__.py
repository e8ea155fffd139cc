"""Lab files in, one validated `Lab` value out. Reads text; runs nothing."""
