"""A composition: what may be asked of it, and the song that comes of it."""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from symusic.core import ScoreTick

from musegan import __version__
from musegan.audio.soundfont import render
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import Samples, write_flac, write_wav
from musegan.errors import ConfigError
from musegan.files import write_whole
from musegan.music.agreement import Measures, agreement
from musegan.music.arrangement import Arrangement
from musegan.music.band import ROLES
from musegan.music.beats import Beats
from musegan.music.midi import read_midi
from musegan.music.tracks import read_wanted

if TYPE_CHECKING:
    import pretty_midi

    from musegan.sounding.player import SynthPlayer

ALL_TRACKS = tuple(role.value for role in ROLES)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be asked of a composition."""

    style: str | None = None  # one of the model's styles; None: the first of them
    tracks: Sequence[str] = ALL_TRACKS
    melody_track: str | None = None  # number from 1, or (part of) a name; None: found by itself
    seed: int = 0
    temperature: float = 1.0  # 0 is the model's most ordinary band
    beats: Beats | None = None  # for a performance; None: estimated where the bars mean nothing
    synth: Literal["soundfont", "gan"] = "soundfont"  # what `Composition.sound` plays with
    synth_model: str = "synth"  # of a gan: weights file, run folder or bundled name
    timbres: Sequence[str] = ()  # of a gan: "NAME" or "TRACK=NAME"; else the nearest to programs
    given: Sequence[str] = ()  # parts that the input holds: "PART" or "PART=TRACK"
    bars: tuple[int, int] | None = None  # of an earlier result, the bars written anew, from 1
    vary: float | None = None  # of an earlier result, the share of cells written anew, 0 to 1
    towards: int | None = None  # another seed: bands between the two
    share: float = 0.0  # how far towards it, 0 to 1

    def __post_init__(self) -> None:
        unknown = [name for name in self.tracks if name not in {role.value for role in ROLES}]
        if unknown or not self.tracks:
            names = ", ".join(role.value for role in ROLES)
            raise ConfigError(f"tracks={','.join(unknown) or 'none'}: choose from {names}")
        if not 0 <= self.temperature <= 4:
            raise ConfigError(
                f"temperature={self.temperature} must lie between 0 and 4; 1 is usual"
            )
        if self.synth not in ("soundfont", "gan"):
            raise ConfigError(f"synth={self.synth}: choose from soundfont, gan")
        read_wanted(self.given)
        if self.bars is not None and not 1 <= self.bars[0] <= self.bars[1]:
            raise ConfigError(
                f"bars={self.bars[0]}:{self.bars[1]}: give the first and the last, from 1, such as 9:12"
            )
        if self.vary is not None and not 0 < self.vary <= 1:
            raise ConfigError(f"vary={self.vary} must lie above 0 and be 1 at most; .3 is usual")
        if not 0 <= self.share <= 1:
            raise ConfigError(f"share={self.share} must lie between 0 and 1")

    @property
    def rewrites(self) -> bool:
        """Whether the input is an earlier result, of which something is written anew."""
        return self.bars is not None or self.vary is not None


@dataclass(frozen=True, eq=False)
class Composition:
    """A song with its band."""

    midi: bytes  # a MIDI file: the input's tracks untouched, the band's after them
    arrangement: Arrangement  # the same in steps, for measures and pictures
    notices: Sequence[str] = field(default=())  # what the user should know, a line each
    options: Options = field(default_factory=Options)  # what was asked for

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the MIDI file, whole or not at all."""
        write_whole(Path(path), self.midi)

    def sound(self) -> Samples:
        """The song as sound, float32 (2, sample) at 48 kHz, as the options have it played.

        Raises:
            CheckpointError: there is no such synth.
            UsageError: it has no such timbre, or the song no such track.
        """
        return render(self.midi, player=self._player())

    def save_sound(self, path: str | os.PathLike[str]) -> None:
        """Write the sound, whole or not at all: as FLAC where the path ends so, else as WAV."""
        target = Path(path)
        write = write_flac if target.suffix.lower() == ".flac" else write_wav
        player = self._player()
        played = "" if player is None else f", played by {player.name}"
        made = f"a band, seed {self.options.seed}{played}, musegan {__version__}"
        sound = render(self.midi, player=player)
        write(target, sound, SYNTH_RATE, title=target.stem, comment=made)

    def _player(self) -> "SynthPlayer | None":
        """The synth that the options ask for; None: the SoundFont plays."""
        if self.options.synth != "gan":
            return None
        from musegan.sounding.player import open_player

        return open_player(self.options.synth_model, self.options.timbres, self.options.seed)

    @property
    def measures(self) -> Measures:
        """How the band agrees with the melody, and the notes of each part; see `agreement`."""
        return agreement(self.arrangement)

    @property
    def score(self) -> ScoreTick:
        """The song as a symusic score."""
        return read_midi(self.midi)

    def to_pretty_midi(self) -> "pretty_midi.PrettyMIDI":
        """The song as a pretty_midi object."""
        import pretty_midi

        return pretty_midi.PrettyMIDI(io.BytesIO(self.midi))
