"""Composing: a MIDI file with a melody in, the same file with a band out. Any length, any metre.

import musegan
song = musegan.compose("my-song.mid", seed=7)
song.save("my-song-with-band.mid")
"""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from symusic.core import ScoreTick

from musegan.arranging import Arranger, Wishes
from musegan.errors import ConfigError, MidiError
from musegan.files import write_whole
from musegan.music.arrangement import END, PITCH, START, VELOCITY, Arrangement, Notes
from musegan.music.band import DRUM_CHANNEL, PARTS, ROLES, Role, notes_of_track
from musegan.music.beats import Beats, estimate_beats, is_performance, written_period
from musegan.music.grid import Grid, grid_of_beats, measure_feel
from musegan.music.melody import find_track, melody_track, top_line
from musegan.music.midi import (
    AddedTrack,
    Source,
    add_tracks,
    free_channels,
    read_midi,
    seconds_of_ticks,
    standard_bytes,
    ticks_of_seconds,
    used_channels,
)
from musegan.music.playing import with_dynamics
from musegan.music.song import written_grid
from musegan.pretrained import find_model

if TYPE_CHECKING:
    import pretty_midi

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

    def __post_init__(self) -> None:
        unknown = [name for name in self.tracks if name not in {role.value for role in ROLES}]
        if unknown or not self.tracks:
            names = ", ".join(role.value for role in ROLES)
            raise ConfigError(f"tracks={','.join(unknown) or 'none'}: choose from {names}")
        if not 0 <= self.temperature <= 4:
            raise ConfigError(
                f"temperature={self.temperature} must lie between 0 and 4; 1 is usual"
            )


@dataclass(frozen=True, eq=False)
class Composition:
    """A song with its band."""

    midi: bytes  # a MIDI file: the input's tracks untouched, the band's after them
    arrangement: Arrangement  # the same in steps, for measures and pictures
    notices: Sequence[str] = field(default=())  # what the user should know, a line each

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the MIDI file, whole or not at all."""
        write_whole(Path(path), self.midi)

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
        options = options or Options()
        data = standard_bytes(source, name or None)
        score = read_midi(data, name or None)
        lead = (
            melody_track(score)
            if options.melody_track is None
            else find_track(score, options.melody_track)
        )
        grid, notices = song_grid(score, lead, options.beats)
        melody = grid.quantise(top_line(notes_of_track(score.tracks[lead])))
        if not len(melody):
            raise MidiError(f"{name}: the melody track {score.tracks[lead].name!r} has no notes")
        roles = [role for role in ROLES if role.value in options.tracks]
        style = options.style or self.arranger.styles[0]
        wishes = Wishes(roles, style, options.seed, options.temperature)
        written = self.arranger.arrange(melody, grid, wishes)
        random = np.random.default_rng(options.seed)
        band = {
            role: with_dynamics(part, role, melody, grid, random) for role, part in written.items()
        }
        arrangement = Arrangement(name, grid, melody, band, style)
        return Composition(add_tracks(data, band_tracks(band, grid, data)), arrangement, notices)


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


def band_tracks(band: dict[Role, Notes], grid: Grid, data: bytes) -> list[AddedTrack]:
    """The band's parts as MIDI tracks in the song's ticks, on channels that clash with nothing."""
    pitched = [role for role in band if role is not Role.DRUMS]
    free = free_channels(used_channels(data), len(pitched))
    channels: dict[Role, int] = dict(zip(pitched, free, strict=True))
    channels[Role.DRUMS] = DRUM_CHANNEL
    ticks = np.round(grid.step_ticks).astype(np.int64)
    tracks = []
    for role, part in band.items():
        notes = part.copy()
        notes[:, START], notes[:, END] = ticks[part[:, START]], ticks[part[:, END]]
        notes = notes[notes[:, END] > notes[:, START]]
        title, program = PARTS[role].title, PARTS[role].program
        tracks.append(AddedTrack(title, program, channels[role], notes))
    return tracks


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
) -> Composition:
    """Write a band for a melody: a path, bytes, `symusic.Score` or `pretty_midi.PrettyMIDI`.

    The input's own notes are kept to the tick; same input, seed and version give same bytes.

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
    )
    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else ""
    return _composer(os.fspath(model)).compose(source, options, Path(name).name if name else "")
