"""What a command leaves of a song: MIDI, sound and picture, all of them or none."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from musegan import __version__
from musegan.errors import UsageError

if TYPE_CHECKING:
    from musegan.audio.kit import Kit
    from musegan.sounding.player import SynthPlayer

FORMATS = ("mid", "wav", "flac", "png")


@dataclass(frozen=True)
class Instruments:
    """What WAV and FLAC are to be played with, as it was asked for."""

    soundfont: Path | None = None
    drums: Path | None = None  # a kit
    synth: str = "soundfont"  # or gan
    synth_model: str | None = None
    timbres: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        given = {"--synth-model": self.synth_model, "--timbre": self.timbres}
        for option, value in given.items():
            if value and self.synth != "gan":
                raise UsageError(f"{option} is of a synth; add --synth gan")

    def asked(self) -> str:
        """The first of these options that was given; nothing where none was."""
        given = {
            "--drums": self.drums,
            "--timbre": self.timbres,
            "--synth": self.synth != "soundfont",
            "--soundfont": self.soundfont,
        }
        return next((option for option, value in given.items() if value), "")

    def made_by(self, player: "SynthPlayer | None" = None) -> str:
        """What a file's comment says of them, each after a comma; nothing of a SoundFont alone.

        `player` is the synth that was opened; None where it plays live, or none does.
        """
        told = [] if self.drums is None else [f", drums by the kit {self.drums.name}"]
        if player is not None:
            told.append(f", played by {player.name}, seed {player.seed}")
        elif self.synth == "gan":
            told.append(f", played by {self.synth_model or 'synth'}")
        told += [f", timbre {', '.join(self.timbres)}"] * bool(self.timbres)
        return "".join(told)

    def sounding(self, formats: Sequence[str]) -> tuple[str, ...]:
        """The formats to write: WAV too where these are asked for and --formats is not given."""
        source = click.get_current_context().get_parameter_source("formats")
        silent = not set(formats) & {"wav", "flac"}
        if source is ParameterSource.DEFAULT and silent and self.asked():
            return (*formats, "wav")
        return tuple(formats)

    def open(self, formats: Sequence[str], seed: int = 0) -> "SynthPlayer | None":
        """Check what is needed for these formats, and load the synth where one is to play.

        Raises ConfigError, UsageError, FormatError or CheckpointError.
        """
        if not set(formats) & {"wav", "flac"}:
            if asked := self.asked():
                raise UsageError(
                    f"{asked} plays in WAV and FLAC, and --formats {','.join(formats)} has neither; "
                    f"add wav"
                )
            return None
        from musegan.audio.soundfont import find_soundfont

        find_soundfont(self.soundfont)
        kit_of(self.drums)
        if self.synth != "gan":
            return None
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        import torch

        from musegan.sounding.finding import SYNTH
        from musegan.sounding.player import open_player

        torch.set_num_threads(1)  # more would round differently
        return open_player(self.synth_model or SYNTH, self.timbres, seed)


def kit_of(path: Path | None) -> "Kit | None":
    """The kit that plays the drums, where one is asked for. Raises UsageError or FormatError."""
    if path is None:
        return None
    from musegan.audio.kit import read_kit

    return read_kit(path)


def write_results(
    targets: Sequence[Path],
    midi: bytes,
    title: str,
    comment: str,
    jobs: int,
    name: str,
    instruments: Instruments,
    player: "SynthPlayer | None",
) -> None:
    """Write a song to each target, in the format of its suffix; no target is left half-written.

    `jobs` is how many songs are being written at once; `name` is what messages call this one;
    `player` is the synth that `instruments` has opened.
    """
    with ExitStack() as stack:
        from musegan.files import written_aside

        asides = {path.suffix: stack.enter_context(written_aside(path)) for path in targets}
        if ".mid" in asides:
            asides[".mid"].write_bytes(midi)
        if ".png" in asides:
            from musegan.images.rollplot import draw_pianoroll
            from musegan.music.midi import read_midi

            draw_pianoroll(read_midi(midi), asides[".png"], title=title)
        if asides.keys() & {".wav", ".flac"}:
            from musegan.audio.soundfont import render
            from musegan.audio.synthesizer import SYNTH_RATE
            from musegan.audio.waveform import write_flac, write_wav

            samples = render(
                midi,
                instruments.soundfont,
                name=name or title,
                processes=1 if jobs > 1 else None,
                kit=kit_of(instruments.drums),
                player=player,
            )
            made = f"{comment}{instruments.made_by(player)}, musegan {__version__}"
            for suffix, write in ((".wav", write_wav), (".flac", write_flac)):
                if suffix in asides:
                    write(asides[suffix], samples, SYNTH_RATE, title=title, comment=made)
