"""A synth of moments for tests, its weights drawn at random, and its release."""

from pathlib import Path

import torch
from notebanks import SMALL
from torch import nn

from musegan.experiments.built import as_json, joint_weights
from musegan.experiments.synths import SynthModelFile, load_synth
from musegan.gans import SYNTHS as GENERATORS
from musegan.gans.scores import SynthSizes
from musegan.presets import SYNTHS
from musegan.settings import override
from musegan.train.checkpoint import save_release

RATE = 8_000
TIMBRES = ("piano", "flute")
SIZES = SynthSizes(
    rate=RATE, releases=(0.02, 0.1), width=8, blocks=3, hidden=8, latent=2, window=256, hop=64,
    critic_width=4,
)  # fmt: skip


def stirred(network: nn.Module) -> nn.Module:
    """The same network, in which every weight does something."""
    torch.manual_seed(0)
    for weight in network.parameters():
        nn.init.normal_(weight, 0.0, 0.15)
    return network


def synth_release(path: Path, system: str = "synth") -> Path:
    """Write the release of a small synth of two timbres, fresh or nearly so."""
    experiment = override(SYNTHS["synth"], *SMALL, f"model.system={system}")
    config = as_json(experiment) | {
        "sizes": SIZES._asdict() | {"releases": list(SIZES.releases)},
        "timbres": list(TIMBRES),
    }
    generator = stirred(GENERATORS[system](SIZES))
    save_release(path, joint_weights({"generator": generator}), config)
    return path


def small_synth(folder: Path, system: str = "synth") -> SynthModelFile:
    return load_synth(synth_release(folder / f"{system}.safetensors", system))
