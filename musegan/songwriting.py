"""Songwriting: melodies in new files, and other melodies in files that are there.

What comes out is a MIDI file for a band to be written to. Of a file that is there the notes of the
melody that are kept stay on their ticks, and all other events where they are.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from symusic.core import ScoreTick, TempoTick, TimeSignatureTick

from musegan.composition import NewSong, Options
from musegan.errors import UsageError
from musegan.melodist import Melodist, TuneWishes
from musegan.music.arrangement import END, START, VELOCITY, Notes, no_notes
from musegan.music.band import Role, notes_of_track
from musegan.music.beats import Beats
from musegan.music.form import NEW, form_of
from musegan.music.grid import Grid, grid_of_metres
from musegan.music.key import canonical_shift
from musegan.music.melody import top_line
from musegan.music.midi import AddedTrack, add_tracks, standard_bytes
from musegan.music.singing import sung
from musegan.music.song import beats_of, check_length, melody_on, song_grid
from musegan.music.splicing import edit_of, splice
from musegan.music.tracks import find_given, read_wanted

Bools = npt.NDArray[np.bool_]

QUARTER = 480  # ticks of a new file
LOUDNESS = 92.0  # mean velocity of a new melody
PROGRAM, TITLE = 73, "Melody"  # General MIDI's flute
CHOICE = 2  # stream of random numbers that choose cells, beside those of dynamics
OTHER_VOICE = Role.STRINGS  # how a melody's held notes are spliced: as those of any voice


@dataclass(frozen=True, eq=False)
class Changed:
    """A file whose melody was changed."""

    midi: bytes
    lead: int  # the melody's track, an index of `score.tracks`
    cells: Bools  # (cell,) of its grid: those that were written
    beats: Beats | None  # that its grid is cut by; None: by its written bars
    notices: list[str]  # what the user should know, a line each


def new_song(melodist: Melodist, song: NewSong, options: Options) -> bytes:
    """A MIDI file of one track, a melody: its metre and tempo as `song` says.

    Raises UsageError where a model that learned too little writes no note.
    """
    metre = song.metre
    signs = [(0.0, metre.numerator, metre.denominator)]
    end = song.bars * metre.quarters * QUARTER - 1
    grid = grid_of_metres(signs, end, QUARTER)
    source = np.repeat(form_of(song.bars, options.seed), metre.cells_per_bar)
    index = np.tile(np.arange(metre.cells_per_bar), song.bars)
    copies = np.where(source == NEW, NEW, source * metre.cells_per_bar + index)
    key = song.key
    wishes = TuneWishes(
        options.style,
        options.seed,
        options.temperature,
        None if key is None else key.mode,
        0 if key is None else canonical_shift(key),
        copies,
    )
    line = melodist.write(no_notes(), grid, np.ones(grid.cells, bool), wishes)
    if not len(line):
        raise UsageError(
            "the melody came out without a note; try another seed, or a model that learned for longer"
        )
    line = sung(line, grid, LOUDNESS, np.random.default_rng(options.seed))
    score = ScoreTick(QUARTER)
    score.tempos.append(TempoTick(0, song.tempo * metre.beat_quarters))
    score.time_signatures.append(TimeSignatureTick(0, metre.numerator, metre.denominator))
    track = AddedTrack(TITLE, PROGRAM, 0, in_ticks(line, grid))
    return add_tracks(standard_bytes(score), [track])


def extended(melodist: Melodist, data: bytes, score: ScoreTick, options: Options) -> Changed:
    """A file whose melody goes on for `options.extend` bars after the bar of its last note.

    Raises:
        MidiError: there is no melody.
        UsageError: a track is not there.
    """
    assert options.extend is not None
    lead = find_given(score, read_wanted(options.given), options.melody_track)[0]
    check_length(score, lead)
    beats, notices = beats_of(score, options.beats)
    if beats is not None:
        beats = beats.longer(options.extend + 1)
    grid = song_grid(score, lead, beats)[0]
    melody = melody_on(grid, score, lead, notices)
    after = grid.bar_at(int(melody[:, END].max()) - 1) + 1
    if beats is None:
        grid = grid.longer(after + options.extend - grid.bars)
    cells = np.zeros(grid.cells, bool)
    span = np.searchsorted(grid.cell_starts, grid.bar_starts[[after, after + options.extend]])
    cells[span[0] : span[1]] = True
    told = f"the melody goes on from bar {after + 1} to bar {after + options.extend}"
    return _rewritten(
        melodist, data, score, lead, grid, melody, cells, beats, [told, *notices], options
    )


def varied(melodist: Melodist, data: bytes, score: ScoreTick, options: Options) -> Changed:
    """A file with the share `options.vary_melody` of its melody's half bars written anew.

    Which, the seed says.

    Raises:
        MidiError: there is no melody.
        UsageError: a track is not there, or the share chose no cell.
    """
    assert options.vary_melody is not None
    lead = find_given(score, read_wanted(options.given), options.melody_track)[0]
    check_length(score, lead)
    beats, notices = beats_of(score, options.beats)
    grid = song_grid(score, lead, beats)[0]
    melody = melody_on(grid, score, lead, notices)
    sounding = np.zeros(grid.cells, bool)
    sounding[np.searchsorted(grid.cell_starts, melody[:, START], "right") - 1] = True
    draws = np.random.default_rng([options.seed, CHOICE]).random(grid.cells)
    cells = sounding & (draws < options.vary_melody)
    if not cells.any():
        share = options.vary_melody
        raise UsageError(f"a share of {share} chose no half bar; vary more, or with another seed")
    told = f"written anew: {cells.sum()} of the melody's {sounding.sum()} half bars"
    return _rewritten(
        melodist, data, score, lead, grid, melody, cells, beats, [told, *notices], options
    )


def in_ticks(line: Notes, grid: Grid) -> Notes:
    """Notes in steps -> in ticks of the grid's file."""
    ticks = np.round(grid.step_ticks).astype(np.int64)
    moved = line.copy()
    moved[:, START], moved[:, END] = ticks[line[:, START]], ticks[line[:, END]]
    return moved[moved[:, END] > moved[:, START]]


def _rewritten(
    melodist: Melodist,
    data: bytes,
    score: ScoreTick,
    lead: int,
    grid: Grid,
    melody: Notes,
    cells: Bools,
    beats: Beats | None,
    notices: list[str],
    options: Options,
) -> Changed:
    """The file with the melody's notes in some cells of `grid` written anew."""
    wishes = TuneWishes(options.style, options.seed, options.temperature)
    whole = melodist.write(melody, grid, cells, wishes)
    steps = np.repeat(cells, np.diff(grid.cell_starts))
    fresh = whole[steps[whole[:, START]]]
    loudness = float(melody[:, VELOCITY].mean())
    fresh = sung(fresh, grid, loudness, np.random.default_rng(options.seed))
    notes = notes_of_track(score.tracks[lead])
    line = top_line(notes)
    keys = {(start, pitch) for start, _, pitch, _ in line.tolist()}
    of_line = np.array([(start, pitch) in keys for start, _, pitch, _ in notes.tolist()])
    edit = edit_of(notes, whole, fresh, steps, OTHER_VOICE, grid)
    ends = np.where(of_line, edit.ends, notes[:, END])
    midi = splice(data, [type(edit)(notes, ends, edit.added)])
    return Changed(midi, lead, cells, beats, notices)
