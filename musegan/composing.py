"""Composing: a MIDI file with a melody in, the same file with a band out. Any length, any metre.

import musegan
song = musegan.compose("my-song.mid", seed=7)
song.save("my-song-with-band.mid")
"""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from symusic.core import ScoreTick

from musegan import __version__
from musegan.arranging import Arranger, Wishes
from musegan.audio.soundfont import render
from musegan.audio.synthesizer import SYNTH_RATE
from musegan.audio.waveform import Samples, write_flac, write_wav
from musegan.errors import ConfigError, MidiError
from musegan.files import write_whole
from musegan.music.agreement import Measures, agreement
from musegan.music.arrangement import END, PITCH, START, VELOCITY, Arrangement, Notes
from musegan.music.band import DRUM_CHANNEL, PARTS, ROLES, Role, notes_of_track
from musegan.music.beats import Beats, estimate_beats, is_performance, read_beats, written_period
from musegan.music.channels import Seat, channel_use, find_seats
from musegan.music.grid import MAX_BARS, Grid, grid_of_beats, measure_feel
from musegan.music.melody import find_track, melody_track, top_line
from musegan.music.midi import (
    AddedTrack,
    Source,
    add_tracks,
    parse,
    read_midi,
    seconds_of_ticks,
    standard_bytes,
    ticks_of_seconds,
)
from musegan.music.playing import between, with_dynamics
from musegan.music.sections import span_of_band
from musegan.music.song import written_grid
from musegan.pretrained import find_model

if TYPE_CHECKING:
    import pretty_midi

    from musegan.sounding.player import SynthPlayer

LONGEST_HOURS = 3
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


class Composer:
    """A band that is loaded once and writes for many songs."""

    def __init__(self, model: str | os.PathLike[str] = "band") -> None:
        """Load a bundled model by name, or a weights file; raises CheckpointError."""
        self.arranger = Arranger(find_model(model))

    def compose(
        self, source: Source, options: Options | None = None, name: str = ""
    ) -> Composition:
        """Write a band for one song.

        Raises:
            MidiError: the source cannot be read, or holds no melody.
            ConfigError: the model lacks the style.
        """
        try:
            return self._compose(source, options or Options(), name)
        except MidiError as error:
            if not name or str(error).startswith(name):
                raise
            raise MidiError(f"{name}: {error}") from error

    def _compose(self, source: Source, options: Options, name: str) -> Composition:
        data = standard_bytes(source, name or None)
        score = read_midi(data, name or None)
        lead = (
            melody_track(score)
            if options.melody_track is None
            else find_track(score, options.melody_track)
        )
        check_length(score, lead)
        grid, notices = song_grid(score, lead, options.beats)
        line = top_line(notes_of_track(score.tracks[lead]))
        melody = grid.quantise(line)
        if not len(melody):
            raise MidiError("none of the melody's notes lies between the first beat and the last")
        if len(melody) < len(line):
            outside = len(line) - len(melody)
            notices.append(f"outside the beats lie {outside} of the melody's {len(line)} notes")
        roles = [role for role in ROLES if role.value in options.tracks]
        style = options.style or self.arranger.styles[0]
        wishes = Wishes(roles, style, options.seed, options.temperature)
        written = self.arranger.arrange(melody, grid, wishes)
        random = np.random.default_rng(options.seed)
        entry, leave = span_of_band(melody, grid)
        band = {
            role: with_dynamics(between(part, entry, leave), role, melody, grid, random)
            for role, part in written.items()
        }
        arrangement = Arrangement(name, grid, melody, band, style)
        tracks, remarks = band_tracks(band, grid, data)
        midi = add_tracks(data, tracks)
        return Composition(midi, arrangement, [*notices, *remarks], options)


def check_length(score: ScoreTick, lead: int) -> None:
    """Raise MidiError where the melody is longer than `LONGEST_HOURS` or `MAX_BARS`.

    Such a file holds a stray note, as a rule, and hours of silence before it.
    """
    end = notes_of_track(score.tracks[lead])[:, END].max()
    hours = float(seconds_of_ticks(score, [end])[0]) / 3600
    bars = end / score.ticks_per_quarter / 4
    if hours > LONGEST_HOURS or bars > MAX_BARS:
        raise MidiError(
            f"the melody ends after {hours:,.1f} hours, about {bars:,.0f} bars; a band plays for "
            f"{LONGEST_HOURS} hours and {MAX_BARS:,} bars at most; cut the file"
        )


def song_grid(score: ScoreTick, lead: int, beats: Beats | None) -> tuple[Grid, list[str]]:
    """The grid of a song, and what to tell the user about it.

    By the written bars, unless `beats` are given, or the onsets show that the bars mean nothing:
    then the beats are estimated.
    """
    notices = []
    if beats is None and is_performance(score):
        notes = np.concatenate([notes_of_track(track) for track in score.tracks])
        notes = notes[np.argsort(notes[:, START], kind="stable")]
        seconds = seconds_of_ticks(score, notes[:, START])
        end = float(seconds_of_ticks(score, notes[:, END].max(keepdims=True))[0])
        beats = estimate_beats(
            seconds, notes[:, PITCH], notes[:, VELOCITY], end, written_period(score)
        )
        notices.append(
            f"a performance: its written bars mean nothing; estimated {beats.qpm:.0f} beats a "
            f"minute in bars of {beats.beats_per_bar}; if wrong, give them with --beats FILE"
        )
    if beats is None:
        return written_grid(score, lead), notices
    ticks = ticks_of_seconds(score, beats.seconds)
    onsets = notes_of_track(score.tracks[lead])[:, START]
    feel, swing = measure_feel(np.interp(onsets, ticks, np.arange(len(ticks))) % 1)
    downbeats = (np.arange(len(ticks) - 1) - beats.first_downbeat) % beats.beats_per_bar == 0
    return grid_of_beats(ticks, downbeats, feel=feel, swing=swing), notices


def band_tracks(
    band: Mapping[Role, Notes], grid: Grid, data: bytes
) -> tuple[list[AddedTrack], list[str]]:
    """The band's parts as MIDI tracks in the song's ticks, and what to tell the user of them.

    Drums that meet drums leave their channel the kit that it has.
    """
    file = parse(data)
    pitched = [role for role in band if role is not Role.DRUMS]
    seats: dict[Role, Seat] = {Role.DRUMS: Seat(DRUM_CHANNEL)}
    seats.update(zip(pitched, find_seats(file, len(pitched)), strict=True))
    has_drums = DRUM_CHANNEL in channel_use(file)
    ticks = np.round(grid.step_ticks).astype(np.int64)
    tracks = []
    for role, part in band.items():
        notes = part.copy()
        notes[:, START], notes[:, END] = ticks[part[:, START]], ticks[part[:, END]]
        notes = notes[notes[:, END] > notes[:, START]]
        title, seat = PARTS[role].title, seats[role]
        program = None if role is Role.DRUMS and has_drums else PARTS[role].program
        tracks.append(AddedTrack(title, program, seat.channel, notes, seat.others))
    return tracks, list(_shared(seats))


def _shared(seats: Mapping[Role, Seat]) -> Iterator[str]:
    """What to tell the user about parts that share their channel."""
    shared = {role: seat for role, seat in seats.items() if seat.others is not None}
    names = ", ".join(PARTS[role].title for role in shared)
    channels = ", ".join(str(n + 1) for n in sorted({seat.channel for seat in shared.values()}))
    if any(seat.others for seat in shared.values()):
        yield f"all channels are in use: {names} share {channels} with tracks of the file"
    elif shared:
        yield f"channels run out: {names} share channel {channels}"


@lru_cache(maxsize=2)
def _composer(model: str) -> Composer:
    return Composer(model)


def compose(
    source: Source,
    *,
    model: str | os.PathLike[str] = "band",
    style: str | None = None,
    tracks: Sequence[str] = ALL_TRACKS,
    melody_track: str | None = None,
    seed: int = 0,
    temperature: float = 1.0,
    beats: str | os.PathLike[str] | None = None,
    synth: Literal["soundfont", "gan"] = "soundfont",
    synth_model: str = "synth",
    timbres: Sequence[str] = (),
) -> Composition:
    """Write a band for a melody: a path, bytes, `symusic.Score` or `pretty_midi.PrettyMIDI`.

    `beats` names a file with the beats of a performance, a line each, in seconds. The input's own
    notes are kept to the tick; same input, seed and version give same bytes. `synth` and what
    belongs to it say what `Composition.sound` plays with.

    Raises:
        MidiError: the source cannot be read, or holds no melody.
        ConfigError: a track or style that does not exist.
        CheckpointError: no such model, or a damaged one.
    """
    options = Options(
        style=style,
        tracks=tuple(tracks),
        melody_track=melody_track,
        seed=seed,
        temperature=temperature,
        beats=None if beats is None else read_beats(Path(beats)),
        synth=synth,
        synth_model=synth_model,
        timbres=tuple(timbres),
    )
    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else ""
    return _composer(os.fspath(model)).compose(source, options, Path(name).name if name else "")
