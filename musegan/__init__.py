"""An AI band for a melody, and one trainer for GANs of every kind."""

__version__ = "0.1.0"

__all__ = ["__version__"]
