"""The uses of a trained model on images: drawn, fitted, filled in, translated, judged."""
