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
from musegan.music.key import Key
from musegan.music.metre import Metre
from musegan.music.midi import read_midi
from musegan.music.tracks import read_wanted

if TYPE_CHECKING:
    import pretty_midi

    from musegan.sounding.player import SynthPlayer

ALL_TRACKS = tuple(role.value for role in ROLES)
MOST_BARS = 1000  # that are written at once


@dataclass(frozen=True, kw_only=True)
class NewSong:
    """A song of which nothing is there yet."""

    bars: int = 16
    tempo: float = 100.0  # beats a minute; of 6/8 the dotted ones
    metre: Metre = field(default_factory=Metre)
    key: Key | None = None  # None: C major or A minor, as the melody has it

    def __post_init__(self) -> None:
        if not 1 <= self.bars <= MOST_BARS:
            raise ConfigError(
                f"bars={self.bars}: a new song has 1 to {MOST_BARS} bars; 16 are usual"
            )
        if not 20 <= self.tempo <= 400:
            raise ConfigError(f"tempo={self.tempo} must lie between 20 and 400 beats a minute")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be asked of a composition."""

    style: str | None = None  # one of the model's styles; None: the first of them
    tracks: Sequence[str] = ALL_TRACKS
    melody_track: str | None = None  # number from 1, or (part of) a name; None: found by itself
    seed: int = 0
    temperature: float = 1.0  # 0 is the model's most ordinary band
    on_grid: bool = False  # drums neither early nor late
    beats: Beats | None = None  # for a performance; None: estimated where the bars mean nothing
    synth: Literal["soundfont", "gan"] = "soundfont"  # what `Composition.sound` plays with
    synth_model: str = "synth"  # of a gan: weights file, run folder or bundled name
    timbres: Sequence[str] = ()  # of a gan: "NAME" or "TRACK=NAME"; else the nearest to programs
    given: Sequence[str] = ()  # parts that the input holds: "PART" or "PART=TRACK"
    bars: tuple[int, int] | None = None  # of an earlier result, the bars written anew, from 1
    vary: float | None = None  # of an earlier result, the share of cells written anew, 0 to 1
    new: NewSong | None = None  # a song from nothing; there is no input then
    extend: int | None = None  # bars by which the melody goes on after its last
    vary_melody: float | None = None  # the share of the melody's half bars written anew, 0 to 1
    melody_model: str = "melody"  # who writes melodies: weights file or bundled name
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
        if self.extend is not None and not 1 <= self.extend <= MOST_BARS:
            raise ConfigError(f"extend={self.extend} must lie between 1 and {MOST_BARS} bars")
        if self.vary_melody is not None and not 0 < self.vary_melody <= 1:
            raise ConfigError(
                f"vary_melody={self.vary_melody} must lie above 0 and be 1 at most; .3 is usual"
            )
        wishes = {
            "a song from nothing": self.new is not None,
            "extend": self.extend is not None,
            "vary_melody": self.vary_melody is not None,
            "bars or vary": self.rewrites,
        }
        asked = [name for name, there in wishes.items() if there]
        if len(asked) > 1:
            raise ConfigError(
                f"{' and '.join(asked)} cannot be asked for at once; one after another"
            )
        if not 0 <= self.share <= 1:
            raise ConfigError(f"share={self.share} must lie between 0 and 1")

    @property
    def changes_melody(self) -> bool:
        """Whether the melody of the input is to go on, or to be varied."""
        return self.extend is not None or self.vary_melody is not None

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
