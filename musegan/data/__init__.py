"""Data sets as batches: the only place where files become tensors."""
