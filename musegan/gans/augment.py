"""What the critic sees, augmented in ways that do not leak: Karras et al. 2020 (arXiv:2006.06676).

Each augmentation befalls an image with a chance; real images and fakes alike, in the critic's
moves and in the generator's. Below a chance of about .8 the generator still learns what images are
like without them (section 2.2). All of it can be differentiated twice, for the penalties.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from musegan.train.noise import normal, uniform
from musegan.train.state import GameState

EVERY = 4  # rounds between two turns of the chance
SHIFT, SCALE, LIGHT, CONTRAST, SATURATION, HOLE = 0.125, 0.2, 0.2, 0.5, 1.0, 0.5  # appendix B


def augmented(images: Tensor, chance: float | Tensor) -> Tensor:
    """Images (batch, channel, side, side), each augmentation with its own `chance`."""
    if not isinstance(chance, Tensor) and chance <= 0:
        return images
    with torch.autocast(images.device.type, enabled=False):
        images = images.float()
        images = warped(images, placements(images, chance))
        images = coloured(images, chance)
        return images * windows(images, chance)


def placements(images: Tensor, chance: float | Tensor) -> Tensor:
    """Where each pixel comes from, as affine maps (batch, 2, 3) of coordinates in [-1, 1].

    In this order: mirrored, moved by whole pixels, scaled, turned, stretched and turned again,
    moved by any way. What did not befall an image leaves it exactly as it was.
    """
    count, side, device = len(images), images.shape[-1], images.device
    befalls = uniform(count, 7, device=device) < chance
    dice, bell = uniform(count, 5, device=device), normal(count, 4, device=device)

    def only(kind: int, value: Tensor) -> Tensor:
        return torch.where(befalls[:, kind], value, torch.zeros_like(value))

    mirror = 1 - 2 * only(0, (dice[:, 0] < 0.5).float())
    pixels = ((dice[:, 1:3] * 2 - 1) * SHIFT * side).round() * 2 / side
    size = torch.exp2(only(2, bell[:, 0]) * SCALE)
    # Half of the chance each, before and after the stretch, so that one in `chance` is turned.
    turns = [(dice[:, at] * 2 - 1) * math.pi for at in (3, 4)]
    once = 1 - (1 - torch.as_tensor(chance)).clamp(min=0).sqrt()
    turned = uniform(count, 2, device=device) < once
    stretch = torch.exp2(only(4, bell[:, 1]) * SCALE)
    drift = bell[:, 2:] * SHIFT * 2

    places = _diagonal(mirror, torch.ones_like(mirror))
    places = places @ _moved(only(1, pixels[:, 0]), only(1, pixels[:, 1]))
    places = places @ _diagonal(size, size)
    places = places @ _turned(torch.where(turned[:, 0], turns[0], torch.zeros_like(turns[0])))
    places = places @ _diagonal(stretch, 1 / stretch)
    places = places @ _turned(torch.where(turned[:, 1], turns[1], torch.zeros_like(turns[1])))
    places = places @ _moved(only(6, drift[:, 0]), only(6, drift[:, 1]))
    return places[:, :2]


def warped(images: Tensor, places: Tensor) -> Tensor:
    """Each image read at its `places`, between four pixels in proportion; mirrored at its edges.

    Made of gathers, since torch's own resampling cannot be differentiated twice.
    """
    channels, side = images.shape[1:3]
    centres = (torch.arange(side, device=images.device, dtype=places.dtype) * 2 + 1) / side - 1
    rows, columns = torch.meshgrid(centres, centres, indexing="ij")
    grid = torch.stack([columns, rows, torch.ones_like(rows)]).flatten(1)  # (3, pixel)
    at = ((places @ grid + 1) * side - 1) / 2  # (batch, 2, pixel), in pixels
    at = (at * 1024).round() / 1024  # so that whole pixels are whole
    first = at.floor()
    share = at - first
    x, y = first.long().unbind(1)
    right, below = share[:, None].unbind(2)
    flat = images.flatten(2)

    def read(column: Tensor, row: Tensor) -> Tensor:
        index = _inside(row, side) * side + _inside(column, side)
        return flat.gather(2, index[:, None].expand(-1, channels, -1))

    above = torch.lerp(read(x, y), read(x + 1, y), right)
    under = torch.lerp(read(x, y + 1), read(x + 1, y + 1), right)
    return torch.lerp(above, under, below).view_as(images)


def coloured(images: Tensor, chance: float | Tensor) -> Tensor:
    """Lighter or darker, more or less contrast; where there are colours, luma turned, saturated."""
    count, channels = images.shape[:2]
    device = images.device
    befalls = (uniform(count, 4, device=device) < chance).float()
    bell = normal(count, 3, device=device) * befalls[:, :3]
    images = (images + LIGHT * _wide(bell[:, 0])) * torch.exp2(CONTRAST * _wide(bell[:, 1]))
    if channels != 3:
        return images
    luma = images.mean(1, keepdim=True)
    flipped = befalls[:, 3] * (uniform(count, device=device) < 0.5)
    chroma = (images - luma) * torch.exp2(SATURATION * _wide(bell[:, 2]))
    return luma * _wide(1 - 2 * flipped) + chroma


def windows(images: Tensor, chance: float | Tensor) -> Tensor:
    """1 where an image (batch, 1, side, side) is still seen; a square hole of half its side is not."""
    count, side, device = len(images), images.shape[-1], images.device
    dice = uniform(count, 3, device=device)
    centres = (torch.arange(side, device=device) + 0.5) / side
    near = (centres - dice[:, :2, None]).abs() < HOLE / 2  # (batch, axis, pixel)
    hole = near[:, 0, :, None] & near[:, 1, None, :] & (dice[:, 2] < chance)[:, None, None]
    return (~hole)[:, None].float()


def adapted(state: GameState, target: float, pace: int) -> Callable[[int], None]:
    """What turns the chance, to be called after every round: up while r_t is above `target`.

    r_t is the mean sign of the critic's logits on reals (eq. 1); its running mean is kept in the
    state, as "certain". `pace` is the number of rounds in which the chance can go from 0 to 1.
    """

    def turn(round: int) -> None:
        if round % EVERY == EVERY - 1:
            certain, _ = state.read_signs("augmentation")
            state.kept["certain"] = 0.98 * state.kept.get("certain", target) + 0.02 * certain
            step = math.copysign(EVERY / pace, certain - target)
            state.augmentation = min(1.0, max(0.0, state.augmentation + step))

    return turn


def _inside(at: Tensor, side: int) -> Tensor:
    """Whole coordinates mirrored into 0 to side - 1, the edge pixel twice."""
    at = at.remainder(2 * side)
    return torch.minimum(at, 2 * side - 1 - at)


def _wide(values: Tensor) -> Tensor:
    """(batch,) -> (batch, 1, 1, 1)."""
    return values[:, None, None, None]


def _matrix(*rows: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Affine maps (batch, 3, 3) of their first two rows."""
    last = torch.zeros_like(rows[0][0]), torch.zeros_like(rows[0][0]), torch.ones_like(rows[0][0])
    return torch.stack([torch.stack(row, 1) for row in (*rows, last)], 1)


def _diagonal(x: Tensor, y: Tensor) -> Tensor:
    zero = torch.zeros_like(x)
    return _matrix((x, zero, zero), (zero, y, zero))


def _moved(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return _matrix((one, zero, x), (zero, one, y))


def _turned(angle: Tensor) -> Tensor:
    sine, cosine, zero = angle.sin(), angle.cos(), torch.zeros_like(angle)
    return _matrix((cosine, -sine, zero), (sine, cosine, zero))
