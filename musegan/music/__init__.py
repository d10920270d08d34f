"""Symbolic music: numpy and symusic, never torch."""
