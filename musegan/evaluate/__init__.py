"""How good is it: distances, tests and tables."""
