"""The band's networks for one window at a time: what they compute, in less time.

A batch of a few rows costs mostly what is around the arithmetic. Here what drafts of one window have
in common is computed once, the autoencoders of several roles go side by side, and products of few
rows are numpy's, which are quicker than torch's. Results are those of `models.band` and
`models.cells` but for rounding, and do not depend on what is computed beside them.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, layer_norm, linear

from musegan.models.band import PLACE, BandGenerator, Block, Window
from musegan.models.cells import PITCHES, BandCells
from musegan.models.codebook import STEPS

Floats = npt.NDArray[np.float32]
Layer = tuple[Floats, Floats]  # of all roles: weights (role, in, out), biases (role, 1, out)

EPSILON = 1e-5  # of torch's layer norm


def drafts_of(generator: BandGenerator, window: Window, noise: Tensor, wanted: slice) -> Tensor:
    """What the generator makes of the `wanted` cells of one window, none given, with several noises.

    `window` is of batch 1, noise (draft, cell, noise) -> latents (draft, cell, role, latent).
    """
    trunk = generator.trunk
    cells, known = noise.shape[1], window.given[..., None]
    seen = window.visible[:, :, None]
    steps = window.melody.transpose(2, 3).flatten(3)
    melody = torch.cat([gelu(trunk.melody_steps(steps)).flatten(2), steps.mean(2)], 2) * seen
    active, style = (fact[:, None].expand(1, cells, -1) for fact in (window.active, window.style))
    flags = torch.cat([window.given, active, seen, window.place, style], 2)
    of_flags, of_noise = trunk.flags.weight.tensor_split([flags.shape[2]], 1)
    shared = trunk.melody(melody) + trunk.latents((window.latents * known).flatten(2))
    shared = shared + linear(flags, of_flags, trunk.flags.bias) + trunk.position
    x = trunk.blocks[:-1](shared + linear(noise, of_noise))
    last = trunk.blocks[-1]
    assert isinstance(last, Block)
    x = trunk.norm(_block_for(last, x, wanted))
    made = generator.out(x).unflatten(2, (generator.roles, generator.latent))
    return layer_norm(made, (generator.latent,)) * window.active[:, None, :, None]


class Drafter(nn.Module):
    """`drafts_of` for windows of one shape, recorded once and run without Python: half the time."""

    def __init__(self, generator: BandGenerator, drafts: int, wanted: slice) -> None:
        """Record it for so many drafts of these cells; the generator must not change any more."""
        super().__init__()
        self.generator, self.wanted, self.drafts = generator, wanted, drafts
        self._recorded: Callable[..., Tensor] | None = None
        noise = torch.zeros(drafts, generator.cells, generator.song_noise + generator.cell_noise)
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its place in torch, which will be another
            example = (*_facts(_empty_window(generator)), noise)
            self._recorded = torch.jit.freeze(torch.jit.trace(self.eval(), example))  # type: ignore[no-untyped-call]

    def fits(self, noise: Tensor, wanted: slice) -> bool:
        """Whether it was recorded for this."""
        return len(noise) == self.drafts and wanted == self.wanted

    def draft(self, window: Window, noise: Tensor) -> Tensor:
        """See `drafts_of`."""
        assert self._recorded is not None
        return self._recorded(*_facts(window), noise)

    def forward(self, *facts: Tensor) -> Tensor:
        """What is recorded: the facts of a window, and noise."""
        return drafts_of(self.generator, Window(*facts[:-1]), facts[-1], self.wanted)


def _facts(window: Window) -> tuple[Tensor, ...]:
    return tuple(getattr(window, field.name) for field in fields(window))


def _empty_window(generator: BandGenerator) -> Window:
    cells, roles = generator.cells, generator.roles
    styles = generator.trunk.flags.in_features - 2 * roles - 1 - PLACE
    styles -= generator.song_noise + generator.cell_noise
    return Window(
        torch.zeros(1, cells, 2, STEPS, PITCHES),
        torch.zeros(1, cells, roles, generator.latent),
        torch.zeros(1, cells, roles),
        torch.zeros(1, roles),
        torch.zeros(1, cells),
        torch.zeros(1, cells, PLACE),
        torch.zeros(1, styles),
    )


def in_bytes(generator: BandGenerator) -> None:
    """Let the generator's large layers multiply bytes, which takes half the time; in place.

    Weights have a scale a layer, what goes in one a call (dynamic quantization). Where this build of
    torch cannot, nothing is changed. Bands measured as good so: docs/experiments.md.
    """
    if not set(torch.backends.quantized.supported_engines) & {"x86", "fbgemm", "onednn", "qnnpack"}:
        return
    trunk = generator.trunk
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its place in torch, which will be another
        trunk.blocks = _quantised(trunk.blocks)
        for owner, name in (
            (trunk, "melody"), (trunk, "melody_steps"), (trunk, "latents"), (generator, "out"),
        ):  # fmt: skip
            setattr(owner, name, _quantised(nn.Sequential(getattr(owner, name)))[0])


def _quantised(layers: nn.Sequential) -> nn.Sequential:
    quantise = torch.ao.quantization.quantize_dynamic
    quantised: nn.Sequential = quantise(layers, {nn.Linear}, dtype=torch.qint8)  # type: ignore[no-untyped-call]
    return quantised


def _block_for(block: Block, x: Tensor, wanted: slice) -> Tensor:
    """A block's output for the wanted tokens alone."""
    q, k, v = block.qkv(block.norm1(x)).unflatten(2, (3, block.heads, -1)).unbind(2)
    q, k, v = q[:, wanted].transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    attention = (q @ k.transpose(2, 3) * q.shape[-1] ** -0.5).softmax(3)
    x = x[:, wanted] + block.project((attention @ v).transpose(1, 2).flatten(2))
    out: Tensor = x + block.down(gelu(block.up(block.norm2(x))))
    return out


class Codec:
    """The autoencoders of roles whose cells have one shape, side by side."""

    def __init__(self, cells: BandCells, roles: Sequence[str]) -> None:
        """Copy the weights of these roles."""
        self.roles, self.planes = tuple(roles), 1 if roles[0] == "drums" else 2
        states = [cells.of[role].state_dict() for role in roles]

        def stacked(name: str) -> Layer:
            weights = [state[f"{name}.weight"].numpy().T for state in states]
            biases = [state[f"{name}.bias"].numpy() for state in states]
            return np.ascontiguousarray(weights), np.ascontiguousarray(biases)[:, None]

        def norm(name: str) -> Layer:
            scales = [state[f"{name}.weight"].numpy() for state in states]
            biases = [state[f"{name}.bias"].numpy() for state in states]
            return np.ascontiguousarray(scales)[:, None], np.ascontiguousarray(biases)[:, None]

        self._step_in, self._to_latent = stacked("step_in"), stacked("to_latent")
        self._encoder = stacked("encoder.2")
        self._encoder_residual = norm("encoder.3.norm"), stacked("encoder.3.layer")
        self._decoder, self._decoder_out = stacked("decoder.0"), stacked("decoder.2")
        self._decoder_residual = norm("decoder.1.norm"), stacked("decoder.1.layer")
        self._step_out = stacked("step_out")

    def encode(self, cells: Floats) -> Floats:
        """One cell of each role, (role, plane, step, pitch) in 0..1 -> (role, latent)."""
        roles = len(self.roles)
        steps = cells.transpose(0, 2, 1, 3).reshape(roles, STEPS, -1)
        hidden = _gelu(_dense(steps, self._step_in)).reshape(roles, 1, -1)
        hidden = _residual(_dense(hidden, self._encoder), *self._encoder_residual)
        return _normal(_dense(hidden, self._to_latent))[:, 0]

    def decode(self, latents: Floats) -> Floats:
        """Latents (role, cell, latent) -> logits, (role, cell, plane, step, pitch)."""
        roles, cells = latents.shape[:2]
        hidden = _residual(_dense(latents, self._decoder), *self._decoder_residual)
        steps = _gelu(_dense(hidden, self._decoder_out)).reshape(roles, cells * STEPS, -1)
        logits = _dense(steps, self._step_out)
        logits = logits.reshape(roles, cells, STEPS, self.planes, -1)
        planes_first: Floats = logits.transpose(0, 1, 3, 2, 4)
        return planes_first


def _dense(x: Floats, layer: Layer) -> Floats:
    out: Floats = np.matmul(x, layer[0])
    out += layer[1]
    return out


def _residual(x: Floats, norm: Layer, layer: Layer) -> Floats:
    scaled = _normal(x) * norm[0]
    scaled += norm[1]
    out: Floats = x + _gelu(_dense(scaled, layer))
    return out


def _normal(x: Floats) -> Floats:
    """A layer norm without weights."""
    centred: Floats = x - x.mean(-1, keepdims=True)
    variance = np.square(centred).mean(-1, keepdims=True)
    centred /= np.sqrt(variance + np.float32(EPSILON))
    return centred


def _gelu(x: Floats) -> Floats:
    out: Floats = gelu(torch.from_numpy(x)).numpy()
    return out
