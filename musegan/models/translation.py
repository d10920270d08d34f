"""Networks from images to images, and critics of patches: what pix2pix and CycleGAN share.

Norms are of each image and channel by itself, so that no image depends on the others of its batch.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from musegan.models.residual import halvings


class InstanceNorm(nn.GroupNorm):
    """Each map of each image at mean 0 and variance 1, then scaled and shifted by the channel's.

    Source: Ulyanov et al. 2016 (arXiv:1607.08022); one group a channel is the same thing.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        # A processor's half-precision convolutions put channels last, where this takes ten times
        # as long.
        return super().forward(x.contiguous())


class UNet(nn.Module):
    """An encoder and a decoder, with every map of the encoder handed across, and what is shown.

    (batch, shown channel, side, side) -> (batch, channel, side, side) in [-1, 1]. Where `masked`,
    the last of the shown channels is above 0 in a hole: elsewhere the image is what was shown.

    Source: Isola et al. 2017 (arXiv:1611.07004), section 3.2, without dropout. At 256 pixels the
    paper can do without the finest map; at 32 there is nothing to spare.
    """

    def __init__(
        self, shown: int, channels: int, side: int, width: int, *, masked: bool = False
    ) -> None:
        super().__init__()
        self.masked = masked
        wide = [width * min(2**level, 8) for level in range(halvings(side)[1])]
        self.down = nn.ModuleList([nn.Conv2d(shown, wide[0], 4, 2, 1)])
        for fine, coarse in pairwise(wide):
            smaller = nn.Conv2d(fine, coarse, 4, 2, 1, bias=False)
            self.down.append(nn.Sequential(nn.LeakyReLU(0.2), smaller, InstanceNorm(coarse)))
        self.up = nn.ModuleList()
        coming = wide[-1]
        for fine in reversed(wide[:-1]):
            larger = nn.ConvTranspose2d(coming, fine, 4, 2, 1, bias=False)
            self.up.append(nn.Sequential(nn.ReLU(), larger, InstanceNorm(fine)))
            coming = 2 * fine  # what comes from below, and what is handed across
        self.whole = nn.Sequential(
            nn.ReLU(),
            nn.ConvTranspose2d(coming, width, 4, 2, 1, bias=False),
            InstanceNorm(width),
            nn.ReLU(),
        )
        self.last = nn.Conv2d(width + shown, channels, 3, 1, 1)

    def forward(self, shown: Tensor) -> Tensor:
        maps, x = [], shown
        for down in self.down:
            x = down(x)
            maps.append(x)
        maps.pop()
        for up in self.up:
            x = torch.cat([up(x), maps.pop()], dim=1)
        x = torch.cat([self.whole(x), shown], dim=1)
        made: Tensor = self.last(x).tanh()
        return torch.where(shown[:, -1:] > 0, made, shown[:, :-1]) if self.masked else made


class PatchCritic(nn.Module):
    """A logit for every patch of 18 x 18 pixels, four apart: (batch, row, column).

    It judges an image, or the pair of what was shown, of `shown` channels, and an image. Source:
    Isola et al. 2017, section 3.3, whose patch is 70 of 256 pixels. It has no norms: on maps of 64
    values they take away most of what tells a fake, and the critic does not learn.
    """

    def __init__(self, channels: int, width: int, *, shown: int = 0) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(shown + channels, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 3, 1, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 1, 1),
        )
        with (
            torch.no_grad()
        ):  # it looks at the image first, and finds out what belongs to what later
            self.layers[0].get_parameter("weight")[:, :shown] *= 0.1

    def forward(self, images: Tensor, shown: Tensor | None = None) -> Tensor:
        pair = images if shown is None else torch.cat([shown, images], dim=1)
        logits: Tensor = self.layers(pair).squeeze(1)
        return logits


def reflecting(wide: int, narrow: int, kernel: int, *, stride: int = 1) -> nn.Conv2d:
    """A convolution of an odd kernel that sees its maps mirrored beyond their border.

    With zeros there instead, a map tells how far away the border is, and a translator of centred
    things learns where they are from that, not from what it is shown.
    """
    return nn.Conv2d(wide, narrow, kernel, stride, kernel // 2, bias=False, padding_mode="reflect")


class ResidualBlock(nn.Module):
    """Two convolutions, added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            reflecting(width, width, 3),
            InstanceNorm(width),
            nn.ReLU(),
            reflecting(width, width, 3),
            InstanceNorm(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.layers(x)
        return x + changed


class ResidualTranslator(nn.Module):
    """Two halvings, residual blocks, two doublings: (batch, shown channel, side, side) -> images.

    The side is a multiple of 4, at least 8. Source: Johnson et al. 2016 (arXiv:1603.08155), as
    CycleGAN has it, but maps are doubled first and convolved then (Odena et al. 2016,
    doi:10.23915/distill.00003): transposed convolutions have zeros at the border, and their checks
    are where a translator hides what it shall find again on its way back.
    """

    def __init__(self, shown: int, channels: int, width: int, blocks: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [reflecting(shown, width, 7), InstanceNorm(width), nn.ReLU()]
        for factor in (1, 2):
            layers += [reflecting(factor * width, 2 * factor * width, 3, stride=2)]
            layers += [InstanceNorm(2 * factor * width), nn.ReLU()]
        layers += [ResidualBlock(4 * width) for _ in range(blocks)]
        for factor in (2, 1):
            layers += [nn.Upsample(scale_factor=2)]
            layers += [reflecting(2 * factor * width, factor * width, 3)]
            layers += [InstanceNorm(factor * width), nn.ReLU()]
        last = nn.Conv2d(width, channels, 7, 1, 3, padding_mode="reflect")
        self.layers = nn.Sequential(*layers, last, nn.Tanh())

    def forward(self, shown: Tensor) -> Tensor:
        images: Tensor = self.layers(shown)
        return images
