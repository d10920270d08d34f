"""How fast a synth plays, on one thread, beside HiFi-GAN's generator V2; and a song by it and by a SoundFont.

    python benchmarks/synth.py [--model RUN]

Without a model the weights are fresh, since their values change nothing. `first_ms` is a piece of
100 ms of eight voices, context and all: how long a player would wait for the first of a sound. The song is
samples/ode-to-joy.mid with its band; drums are the SoundFont's in both. Times are the
processor's, which other work on the machine stretches less. Writes results/synth.json.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from machine import write_result
from rich.console import Console
from rich.table import Table

from musegan.audio.soundfont import render
from musegan.composing import Composer, Options
from musegan.data.notebank import RATES, TIMBRES
from musegan.experiments.built import as_json, joint_weights
from musegan.experiments.synths import SynthModelFile, load_synth
from musegan.gans import SYNTHS as GENERATORS
from musegan.gans.scores import SynthSizes
from musegan.presets import SYNTHS
from musegan.sounding.phrase import Phrase, sound_of
from musegan.sounding.player import SynthPlayer, casting_of, open_player
from musegan.train.checkpoint import save_release

SONG = Path(__file__).resolve().parents[1] / "samples" / "ode-to-joy.mid"
SECONDS, STEP = 4, 0.5  # of music that is timed; from note to note
TURNS, FIRST_TURNS = 5, 30
RELEASE = 0.1  # seconds, of every timbre that is fresh


def fresh(preset: str) -> SynthModelFile:
    """A synth of a preset that has learned nothing."""
    wanted = SYNTHS[preset]
    sizes = SynthSizes(
        rate=RATES[wanted.data.source],
        releases=(RELEASE,) * len(TIMBRES),
        width=wanted.model.width,
        blocks=wanted.model.blocks,
        hidden=wanted.model.hidden,
        latent=wanted.model.latent,
        window=wanted.model.window,
        hop=wanted.model.hop,
        critic_width=wanted.model.critic_width,
    )
    generator = GENERATORS[wanted.model.system](sizes)
    told = {"sizes": sizes._asdict() | {"releases": list(sizes.releases)}, "timbres": list(TIMBRES)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "synth.safetensors")
        save_release(path, joint_weights({"generator": generator}), as_json(wanted) | told)
        return load_synth(path)


def chords(model: SynthModelFile, voices: int) -> Phrase:
    """Notes one after the other, in so many voices."""
    rate, count = model.sizes.rate, round(2 * SECONDS / STEP)
    step = round(STEP * rate)
    notes = count * voices
    return Phrase(
        pitches=np.tile(48 + 4 * np.arange(voices), count),
        velocities=np.full(notes, 90),
        onsets=np.repeat(np.arange(count) * step, voices),
        lengths=np.full(notes, step),
        latents=np.zeros((notes, model.sizes.latent), np.float32),
        timbre=0,
        seed=(0,),
    )


def median_seconds(work: Callable[[], object], turns: int) -> float:
    """The middle of several times of the processor, the first left out."""
    taken = []
    for _ in range(turns + 1):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return float(np.median(taken[1:]))


def times(model: SynthModelFile) -> dict[str, float]:
    """Times real time of one voice and of eight, and milliseconds until a sound begins."""
    rate = model.sizes.rate
    last = SECONDS * rate
    one, eight = chords(model, 1), chords(model, 8)
    return {
        "weights": float(sum(p.numel() for p in model.generator.parameters())),
        "melody_times_real_time": SECONDS
        / median_seconds(lambda: sound_of(model, one, 0, last), TURNS),
        "eight_voices_times_real_time": SECONDS
        / median_seconds(lambda: sound_of(model, eight, 0, last), TURNS),
        "first_ms": 1000
        * median_seconds(lambda: sound_of(model, eight, rate, rate + rate // 10), FIRST_TURNS),
    }


def song_seconds(player: SynthPlayer) -> dict[str, float]:
    """Seconds that a song with its band takes, by synth and by SoundFont."""
    midi = Composer().compose(SONG, Options()).midi
    found = {"length": render(midi, processes=1).shape[1] / 48_000}
    for name, plays in (("soundfont", None), ("synth", player)):
        begun = time.process_time()
        render(midi, processes=1, player=plays)
        found[name] = time.process_time() - begun
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="weights file, run folder or bundled name")
    name = parser.parse_args().model
    torch.set_num_threads(1)
    load = os.getloadavg()[0]
    found = {preset: times(fresh(preset)) for preset in SYNTHS}
    ours = fresh("synth")
    player = open_player(name) if name else SynthPlayer(ours, casting_of(ours))
    song = song_seconds(player)
    table = Table("generator", "weights", "melody, x real time", "eight voices", "first 100 ms, ms")
    for preset, one in found.items():
        table.add_row(
            preset,
            f"{one['weights'] / 1e6:.2f} M",
            f"{one['melody_times_real_time']:.0f}",
            f"{one['eight_voices_times_real_time']:.0f}",
            f"{one['first_ms']:.1f}",
        )
    console = Console(width=120)
    console.print(table)
    console.print(
        f"{SONG.name} with its band, {song['length']:.0f} s: by SoundFont {song['soundfont']:.2f} s, "
        f"by synth {song['synth']:.1f} s"
    )
    write_result(
        "synth", {"generators": found, "song": song, "load_before": load, "model": name or "fresh"}
    )


if __name__ == "__main__":
    main()
