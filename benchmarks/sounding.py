"""How soon a sound is there: one at a time, on one thread, beside WaveGAN's own generator.

    python benchmarks/sounding.py

Fresh weights, since their values change nothing. Writes results/sounding.json.
"""

import time

import numpy as np
import torch
from machine import write_result
from rich.console import Console
from rich.table import Table

from musegan.gans import SOUND_SYSTEMS
from musegan.gans.sounds import SoundSizes
from musegan.presets import SOUNDS
from musegan.sounding.drawing import finished

TIMES = 200
PAPERS = SoundSizes(samples=16_384, rate=16_000, classes=0, latent=100, width=64)


def sizes_of(preset: str) -> SoundSizes:
    wanted = SOUNDS[preset]
    return SoundSizes(
        samples=wanted.data.samples,
        rate=wanted.data.rate,
        classes=16,
        latent=wanted.model.latent,
        width=wanted.model.width,
        window=wanted.model.window,
        hop=wanted.model.hop,
    )


@torch.no_grad()
def times(system: str, sizes: SoundSizes) -> dict[str, float]:
    """Milliseconds for one sound, finished, and how many times as fast as it is long."""
    wanted = SOUND_SYSTEMS[system]
    generator = wanted.networks(sizes)["generator"].eval()
    latent, label = torch.randn(1, sizes.latent), torch.zeros(1, dtype=torch.long)
    taken = []
    for _ in range(TIMES + 10):
        begun = time.perf_counter()
        made = wanted.sounds(generator, generator(latent, label))
        finished(made[0].numpy(), sizes.rate)
        taken.append(1000 * (time.perf_counter() - begun))
    middle = float(np.median(taken[10:]))
    return {
        "p50_ms": middle,
        "p99_ms": float(np.quantile(taken[10:], 0.99)),
        "times_real_time": 1000 * sizes.samples / sizes.rate / middle,
        "weights": float(sum(p.numel() for p in generator.parameters())),
    }


def main() -> None:
    torch.set_num_threads(1)
    found = {preset: times(SOUNDS[preset].model.system, sizes_of(preset)) for preset in SOUNDS} | {
        "WaveGAN as published": times("wavegan", PAPERS)
    }
    table = Table("generator", "p50 ms", "p99 ms", "x real time", "weights", "of WaveGAN's time")
    peer = found["WaveGAN as published"]["p50_ms"]
    for name, one in found.items():
        table.add_row(
            name,
            f"{one['p50_ms']:.1f}",
            f"{one['p99_ms']:.1f}",
            f"{one['times_real_time']:.0f}",
            f"{one['weights'] / 1e6:.2f} M",
            f"{one['p50_ms'] / peer:.2f}",
        )
    Console(width=120).print(table)
    write_result("sounding", {"generators": found})


if __name__ == "__main__":
    main()
