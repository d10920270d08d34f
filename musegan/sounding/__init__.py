"""The uses of a trained model on sounds."""
