"""Sampled sound: numpy and soundfile, never torch."""
