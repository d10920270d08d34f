"""The WAV file of a session that had no built-in sound: its recording, played when it is over."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musegan import __version__
from musegan.audio.casting import Castable
from musegan.live.lineup import TITLES
from musegan.sounding.finding import SYNTH

from .ahead import seats_of
from .results import Instruments

if TYPE_CHECKING:
    from musegan.audio.kit import Kit
    from musegan.sounding.player import SynthPlayer


def write_playback(
    wav: Path, midi: bytes, instruments: Instruments, kit: "Kit | None", seed: int
) -> None:
    """Play a session's recording into a WAV file, by the instruments that were asked for, and their kit.

    Raises MuseganError where what was there when it began is gone.
    """
    from musegan.audio.soundfont import render
    from musegan.audio.synthesizer import SYNTH_RATE
    from musegan.audio.waveform import write_wav

    player = player_of(instruments, seed)
    samples = render(midi, instruments.soundfont, kit=kit, player=player)
    comment = f"made by musegan {__version__}, play{instruments.made_by(player)}"
    write_wav(wav, samples, SYNTH_RATE, title=wav.stem, comment=comment)


def player_of(instruments: Instruments, seed: int) -> "SynthPlayer | None":
    """The synth that plays the band's parts as it would live, where one is asked for.

    Raises CheckpointError or UsageError as `seats_of` does.
    """
    if instruments.synth != "gan":
        return None
    seats = seats_of(instruments.synth_model, instruments.timbres)
    timbres = {TITLES[channel][0]: seat.timbre for channel, seat in seats.items()}
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import torch

    from musegan.sounding.player import open_player

    torch.set_num_threads(1)  # more would round differently

    def casting(voices: Sequence[Castable]) -> list[str | None]:
        return [timbres.get(voice.name) for voice in voices]

    return open_player(instruments.synth_model or SYNTH, seed=seed, casting=casting)
