"""ConvNeXt's block on frames (Liu et al. 2022, arXiv:2201.03545), as Vocos has it (Siuzdak 2023,
arXiv:2306.00814)."""

from torch import Tensor, nn
from torch.nn.functional import gelu

EXPANSION, REACH = 3, 7  # of a block: how much wider it is inside; frames that it sees


class ConvNeXt(nn.Module):
    """x + what a wide layer makes of seven frames: (batch, channel, frame). It begins as nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, REACH, padding=REACH // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, EXPANSION * width)
        self.narrow = nn.Linear(EXPANSION * width, width)
        nn.init.zeros_(self.narrow.weight)
        nn.init.zeros_(self.narrow.bias)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.mix(x).transpose(1, 2))
        grown: Tensor = x + self.narrow(gelu(self.widen(y))).transpose(1, 2)
        return grown
