"""Composing: a MIDI file with a melody in, the same file with a band out. Any length, any metre.

import musegan
song = musegan.compose("my-song.mid", seed=7)
song.save("my-song-with-band.mid")
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from symusic.core import ScoreTick

from musegan.arranging import Arranger, Wishes
from musegan.composition import ALL_TRACKS, Composition, NewSong, Options
from musegan.errors import ConfigError, MidiError, UsageError
from musegan.melodist import Melodist
from musegan.music.arrangement import Arrangement
from musegan.music.band import ROLES, Role
from musegan.music.beats import read_beats
from musegan.music.cadence import come_home
from musegan.music.midi import Source, add_tracks, read_midi, standard_bytes
from musegan.music.playing import between
from musegan.music.scoring import Manner, band_tracks, manner_in
from musegan.music.sections import heard_with, span_of_band
from musegan.music.song import hear
from musegan.music.tracks import has_band, read_wanted, remarks_on
from musegan.phrasing import open_arranger
from musegan.pretrained import find_model
from musegan.rewriting import rewrite
from musegan.songwriting import extended, new_song, varied
from musegan.touching import open_touch

__all__ = ["ALL_TRACKS", "Composer", "Composition", "NewSong", "Options", "compose"]


class Composer:
    """A band that is loaded once and writes for many songs."""

    def __init__(self, model: str | os.PathLike[str] = "band") -> None:
        """Load a bundled model by name, or a weights file; raises CheckpointError."""
        self.arranger = open_arranger(find_model(model))
        self.melodists: dict[str, Melodist] = {}  # who writes melodies, by model; loaded when asked

    def melodist(self, model: str) -> Melodist:
        """Who writes melodies; raises CheckpointError if there is no such model."""
        if model not in self.melodists:
            self.melodists[model] = Melodist(find_model(model))
        return self.melodists[model]

    def filler(self) -> Arranger:
        """What fills gaps of a band. Raises ConfigError: the model is none that does."""
        if isinstance(self.arranger, Arranger):
            return self.arranger
        raise ConfigError(
            f"{self.arranger.name} writes whole phrases, and no bars or half bars anew; name a band, "
            f"such as the bundled one"
        )

    def compose(
        self, source: Source | None, options: Options | None = None, name: str = ""
    ) -> Composition:
        """Write a band for one song; where `options.new` asks for one, the source is None.

        Raises:
            MidiError: the source cannot be read, or holds no melody.
            ConfigError: the model lacks the style, or cannot write what is asked for.
            UsageError: a track, a part or bars that the source has not.
        """
        try:
            return self._compose(source, options or Options(), name)
        except MidiError as error:
            if not name or str(error).startswith(name):
                raise
            raise MidiError(f"{name}: {error}") from error

    def _compose(self, source: Source | None, options: Options, name: str) -> Composition:
        if source is not None and (options.rewrites or options.changes_melody):
            options = self._as_before(options, source, name)
        style = options.style or next(iter(self.arranger.styles), "")
        if isinstance(self.arranger, Arranger):
            self.arranger.style_of(style)  # before a melody is written for it
        if (source is None) != (options.new is not None):
            raise UsageError("give a song to write a band for, or ask for a new one, not both")
        if options.new is not None:
            song = replace(options, style=style)
            source = new_song(self.melodist(options.melody_model), options.new, song)
        assert source is not None
        data = standard_bytes(source, name or None)
        score = read_midi(data, name or None)
        if options.rewrites:
            return rewrite(self.filler(), data, score, replace(options, style=style), name)
        if options.changes_melody:
            return self._with_other_melody(data, score, replace(options, style=style), name)
        return self._with_band(data, score, options, style, name)

    def _as_before(self, options: Options, source: Source, name: str) -> Options:
        """What is asked of an earlier result, in the manner that its band says, where none is asked for."""
        before = manner_in(standard_bytes(source, name or None))
        if before is None or before.style not in self.arranger.styles:
            return options
        on_grid = options.on_grid or before.on_grid
        return replace(options, style=options.style or before.style, on_grid=on_grid)

    def _with_other_melody(
        self, data: bytes, score: ScoreTick, options: Options, name: str
    ) -> Composition:
        """Write the melody on, or other notes into it; then the band for what is new, or all of it."""
        change = extended if options.extend is not None else varied
        changed = change(self.melodist(options.melody_model), data, score, options)
        wanted = replace(options, melody_track=str(changed.lead + 1), beats=changed.beats)
        score = read_midi(changed.midi, name or None)
        if options.given or not has_band(score, options.tracks):
            song = self._with_band(changed.midi, score, wanted, str(options.style), name)
        else:
            song = rewrite(self.filler(), changed.midi, score, wanted, name, changed.cells)
        return replace(song, notices=[*changed.notices, *song.notices], options=options)

    def _with_band(
        self, data: bytes, score: ScoreTick, options: Options, style: str, name: str
    ) -> Composition:
        """Write the whole band for a song."""
        song = hear(score, read_wanted(options.given), options.melody_track, options.beats)
        roles = [role for role in ROLES if role.value in options.tracks and role not in song.given]
        if not roles:
            raise UsageError(
                f"{', '.join(role.value for role in song.given)}: all of the parts asked for are "
                f"given, and none is left to write; ask for others with --tracks"
            )
        wishes = Wishes(
            roles, style or None, options.seed, options.temperature, options.towards, options.share
        )
        written = self.arranger.arrange(song.melody, song.grid, wishes, song.given)
        entry, leave = span_of_band(heard_with(song.melody, song.given), song.grid)
        written = {role: between(part, entry, leave) for role, part in written.items()}
        if set(song.given) <= {Role.DRUMS}:  # else the parts that are there say how it ends
            written = come_home(written, song.melody, song.grid)
        band, delays = open_touch().play(
            written, song.melody, song.grid, seed=wishes.nearest_seed, on_grid=options.on_grid
        )
        parts = {**song.given, **band}
        everybody = {role: parts[role] for role in ROLES if role in parts}
        arrangement = Arrangement(name, song.grid, song.melody, everybody, style)
        tracks, remarks = band_tracks(band, song.grid, data, delays, Manner(style, options.on_grid))
        midi = add_tracks(data, tracks)
        named = options.melody_track is not None
        told = remarks_on(score, song.lead, song.given, roles, named=named)
        return Composition(midi, arrangement, [*told, *song.notices, *remarks], options)


@lru_cache(maxsize=2)
def _composer(model: str) -> Composer:
    return Composer(model)


def compose(
    source: Source | None,
    *,
    model: str | os.PathLike[str] = "band",
    style: str | None = None,
    tracks: Sequence[str] = ALL_TRACKS,
    melody_track: str | None = None,
    seed: int = 0,
    temperature: float = 1.0,
    on_grid: bool = False,
    beats: str | os.PathLike[str] | None = None,
    synth: Literal["soundfont", "gan"] = "soundfont",
    synth_model: str = "synth",
    timbres: Sequence[str] = (),
    given: Sequence[str] = (),
    bars: tuple[int, int] | None = None,
    vary: float | None = None,
    new: NewSong | None = None,
    extend: int | None = None,
    vary_melody: float | None = None,
    melody_model: str | os.PathLike[str] = "melody",
) -> Composition:
    """Write a band for a melody: a path, bytes, `symusic.Score` or `pretty_midi.PrettyMIDI`.

    With `on_grid` the drums are neither early nor late. `beats` names a file with the beats of a
    performance, a line each, in seconds. The input's own notes are kept to the tick; same input, seed
    and version give same bytes. `synth` and what belongs to it say what `Composition.sound` plays with. `given` names the parts that the input holds
    already, PART or PART=TRACK. With `bars` (first, last) or `vary` the input is what an earlier call
    wrote, of which these bars, or this share of cells, are written anew.

    Without a source, None, a `new` song is written from nothing. With `extend` the melody goes on for
    so many bars first, with `vary_melody` this share of its half bars is written anew; where the file
    has a band already, it is written where the melody is new, and else kept. `melody_model` writes
    melodies.

    Raises:
        MidiError: the source cannot be read, or holds no melody.
        ConfigError: a track or style that does not exist, or a number out of its range.
        UsageError: a track of the input, or bars, that are not there.
        CheckpointError: no such model, or a damaged one.
    """
    options = Options(
        style=style,
        tracks=tuple(tracks),
        melody_track=melody_track,
        seed=seed,
        temperature=temperature,
        on_grid=on_grid,
        beats=None if beats is None else read_beats(Path(beats)),
        synth=synth,
        synth_model=synth_model,
        timbres=tuple(timbres),
        given=tuple(given),
        bars=bars,
        vary=vary,
        new=new,
        extend=extend,
        vary_melody=vary_melody,
        melody_model=os.fspath(melody_model),
    )
    name = os.fspath(source) if isinstance(source, (str, os.PathLike)) else ""
    return _composer(os.fspath(model)).compose(source, options, Path(name).name if name else "")
