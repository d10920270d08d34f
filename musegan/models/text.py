"""Sentences as vectors."""

from torch import Tensor, nn


class WordMean(nn.Module):
    """Tokens (batch, word), 0 for none -> (batch, width) of variance 1: of the words' mean, a layer.

    The order of words is not seen: no two sentences of our captions differ in it alone.
    """

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, width, padding_idx=0)
        self.layers = nn.Sequential(
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.LayerNorm(width, elementwise_affine=False),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        count = (tokens > 0).sum(1, keepdim=True).clamp(min=1)
        sentence: Tensor = self.layers(self.words(tokens).sum(1) / count.sqrt())
        return sentence
