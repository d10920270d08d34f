"""A drum kit drawn from a GAN: a one-shot for each role, and an SFZ file that samplers load."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch

from musegan import __version__
from musegan.errors import UsageError
from musegan.experiments.latents import latents_of
from musegan.experiments.sounds import SoundModelFile
from musegan.files import written_aside
from musegan.music.kit import KIT, NEAREST
from musegan.sounding.drawing import Floats, draw
from musegan.sounding.writing import Facts, write_sound

# Role -> keys that strike it, its own first.
KEYS: Mapping[str, tuple[int, ...]] = {
    role: (*keys, *NEAREST.get(role, ())) for role, keys in KIT.items()
}
# How loud each is beside the kick, dB, as in Fluid GM's standard kit at one velocity: the loudest
# 50 ms of a hit.
LEVELS: Mapping[str, float] = {
    "kick": 0, "side stick": -5, "snare": 1, "clap": 0, "low tom": -2, "mid tom": -1.5,
    "high tom": -3, "closed hat": -15, "pedal hat": -15, "open hat": -15, "crash": -6,
    "ride": -12, "ride bell": -12, "splash": -8, "tambourine": -5, "cowbell": -4,
}  # fmt: skip
LOUD_SECONDS = 0.05
KICK_LEVEL = -9.0  # dB of full scale: the loudest 50 ms of a kick in its file
HATS = ("closed hat", "pedal hat", "open hat")  # one cuts another off


def check_draws_drums(model: SoundModelFile) -> None:
    """Refuse a model that does not know the roles of a kit. Raises UsageError."""
    missing = [role for role in KEYS if role not in model.classes[: model.sizes.classes]]
    if missing:
        raise UsageError(
            f"this model draws no drum kit (it does not know {missing[0]!r}); "
            f"train one with musegan train drums"
        )


def draw_kit(model: SoundModelFile, seed: int, numbers: Mapping[str, int]) -> dict[str, Floats]:
    """A one-shot (sample,) for each role; `numbers` says which of the seed, where it is not the first.

    Number n of a role is what `musegan audio sample --class ROLE` draws as number n.
    """
    taken = [numbers.get(role, 1) for role in KEYS]
    latents = latents_of(seed, taken, model.sizes.latent)
    labels = torch.tensor([model.classes.index(role) for role in KEYS])
    return dict(zip(KEYS, draw(model, latents, labels, seed=seed), strict=True))


def write_kit(
    folder: Path, kit: Mapping[str, Floats], rate: int, facts: Facts, told: Mapping[str, str]
) -> list[Path]:
    """Write the one-shots and kit.sfz into a folder, all or none; returns the files.

    `told` is what each role's file is to say beside the facts.
    """
    names = {role: f"{role.replace(' ', '-')}.wav" for role in kit}
    targets = [*(folder / name for name in names.values()), folder / "kit.sfz"]
    with ExitStack() as stack:
        asides = [stack.enter_context(written_aside(path)) for path in targets]
        for (role, sound), aside in zip(kit.items(), asides, strict=False):
            write_sound(aside, sound, rate, {**facts, "Role": role, "Number": told[role]}, role)
        text = sfz_of(kit, names, rate, facts)
        asides[-1].write_text(text, "utf-8")
    return targets


def sfz_of(kit: Mapping[str, Floats], names: Mapping[str, str], rate: int, facts: Facts) -> str:
    """The SFZ file of a kit whose one-shots have these file names."""
    lines = [f"// A drum kit, made by musegan {__version__}"]
    lines += [f"// {keyword}: {' '.join(text.split())}" for keyword, text in facts.items()]
    lines += ["<global> loop_mode=one_shot amp_veltrack=100", ""]
    for role, sound in kit.items():
        volume = KICK_LEVEL + LEVELS[role] - loudness(sound, rate)
        choke = " group=1 off_by=1" if role in HATS else ""
        lines.append(f"<group> volume={volume:.1f}{choke}")
        lines += [f"<region> sample={names[role]} key={key}" for key in KEYS[role]]
    return "\n".join(lines) + "\n"


def loudness(sound: Floats, rate: int) -> float:
    """The loudest 50 ms of a sound, dB of full scale."""
    length = min(len(sound), max(1, round(LOUD_SECONDS * rate)))
    sums = np.cumsum(np.concatenate([[0.0], sound.astype(np.float64) ** 2]))
    loudest = float((sums[length:] - sums[:-length]).max()) / length
    return float(10 * np.log10(max(loudest, 1e-9)))
