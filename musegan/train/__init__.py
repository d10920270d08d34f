"""The trainer of every GAN: torch only; knows no model and no data."""
