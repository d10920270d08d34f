"""A song as the band meets it: its grid, by its written metres or by its beats, and what it hears."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from symusic.core import ScoreTick

from musegan.errors import MidiError
from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes
from musegan.music.band import Role, notes_of_track
from musegan.music.beats import Beats, estimate_beats, is_performance, written_period
from musegan.music.grid import MAX_BARS, Grid, grid_of_beats, grid_of_metres, measure_feel
from musegan.music.melody import split_right_hand, top_line
from musegan.music.midi import seconds_of_ticks, ticks_of_seconds
from musegan.music.tracks import Wanted, find_given

LONGEST_HOURS = 3


@dataclass(frozen=True, eq=False)
class Song:
    """A file as the band hears it, in steps."""

    lead: int  # the melody's track
    grid: Grid
    melody: Notes
    given: Mapping[Role, Notes]
    notices: list[str]


def hear(score: ScoreTick, wanted: Wanted, melody_track: str | None, beats: Beats | None) -> Song:
    """The melody of a file, and the parts that it is said to hold; see `find_given`, `song_grid`.

    Raises:
        MidiError: there is no melody, or none between the first beat and the last.
        UsageError: a track or a part is not there.
    """
    lead, players = find_given(score, wanted, melody_track)
    check_length(score, lead)
    grid, notices = song_grid(score, lead, beats)
    notes = {index: notes_of_track(track) for index, track in enumerate(score.tracks)}
    for role, tracks in players.items():
        if lead in tracks:
            _, notes[lead] = split_right_hand(notes[lead])
            notices.append(
                f"the melody is the top line of {score.tracks[lead].name.strip() or 'a track'}, "
                f"which is the {role.value} too"
            )
    given = {
        role: grid.quantise(np.concatenate([notes[index] for index in tracks]))
        for role, tracks in players.items()
    }
    return Song(lead, grid, melody_on(grid, score, lead, notices), given, notices)


def melody_on(grid: Grid, score: ScoreTick, lead: int, notices: list[str]) -> Notes:
    """The top line of a track, in steps; tells in `notices` of notes outside the grid."""
    line = top_line(notes_of_track(score.tracks[lead]))
    melody = grid.quantise(line)
    if not len(melody):
        raise MidiError("none of the melody's notes lies between the first beat and the last")
    if len(melody) < len(line):
        outside = len(line) - len(melody)
        notices.append(f"outside the beats lie {outside} of the melody's {len(line)} notes")
    return melody


def written_grid(score: ScoreTick, melody: int) -> Grid:
    """The grid of a score by its written metres; the melody decides how its beats are divided."""
    metres = [(s.time, s.numerator, s.denominator) for s in score.time_signatures]
    quarter = score.ticks_per_quarter
    notes = notes_of_track(score.tracks[melody])
    compound = [d == 8 and n % 3 == 0 for _, n, d in metres]
    phases = (notes[:, 0] % quarter) / quarter
    feel, swing = measure_feel(phases) if not any(compound) else ("straight", 0.5)
    end = max(float(score.end()), float(notes[:, 1].max(initial=1)))
    return grid_of_metres(metres, end, quarter, feel=feel, swing=swing)


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
    beats, notices = beats_of(score, beats)
    if beats is None:
        return written_grid(score, lead), notices
    ticks = ticks_of_seconds(score, beats.seconds)
    onsets = notes_of_track(score.tracks[lead])[:, START]
    feel, swing = measure_feel(np.interp(onsets, ticks, np.arange(len(ticks))) % 1)
    downbeats = (np.arange(len(ticks) - 1) - beats.first_downbeat) % beats.beats_per_bar == 0
    return grid_of_beats(ticks, downbeats, feel=feel, swing=swing), notices


def beats_of(score: ScoreTick, beats: Beats | None) -> tuple[Beats | None, list[str]]:
    """The beats that are given, else a performance's, estimated, and what to tell the user of them.

    None where the written bars count.
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
    return beats, notices
