"""Rewriting: an earlier result of `compose`, some bars or cells of its band written anew.

What is written anew knows what the band plays before, after and beside it. Of the file nothing else
changes: `music.splicing` says what becomes of notes that are held into new music, or out of it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from symusic.core import ScoreTick

from musegan.arranging import RECALLED, Arranger, Wishes
from musegan.composition import ALL_TRACKS, Composition, Options
from musegan.errors import UsageError
from musegan.music.arrangement import END, START, Arrangement, Notes
from musegan.music.band import PARTS, ROLES, Role, notes_of_track
from musegan.music.grid import Grid
from musegan.music.melody import find_track, melody_track
from musegan.music.sections import (
    entrances,
    heard_with,
    played_cells,
    sounding_bars,
    span_of_band,
)
from musegan.music.song import check_length, melody_on, song_grid
from musegan.music.splicing import edit_of, splice
from musegan.music.tracks import find_band, read_wanted
from musegan.touching import open_touch

Bools = npt.NDArray[np.bool_]

CHOICE = 1  # stream of random numbers that choose cells, beside those of dynamics


def rewrite(
    arranger: Arranger,
    data: bytes,
    score: ScoreTick,
    options: Options,
    name: str,
    cells: Bools | None = None,
) -> Composition:
    """Write some of a band anew: `options` say which bars, or which share of its cells.

    `cells` (cell,), of the grid, are written anew instead, for a melody that is new in them.

    Raises:
        MidiError: there is no melody.
        UsageError: there is no band, or it has no such part or bars.
    """
    players = find_band(score, read_wanted(options.given))
    grid, melody, notices = heard_alone(score, players, options)
    found = {role: notes_of_track(score.tracks[index]) for role, index in players.items()}
    parts = {role: grid.quantise(notes) for role, notes in found.items()}
    roles = _asked(options, players)
    if cells is None:
        gaps = _gaps(parts, roles, grid, melody, options)
    else:
        gaps = _gaps_at(cells, parts, roles, grid, melody, options)
    recalled = 0.0 if cells is None else RECALLED  # other bars are not those of the verse before
    wishes = Wishes((), options.style, options.seed, options.temperature, recalled=recalled)
    whole = arranger.arrange(melody, grid, wishes, parts, gaps)
    played, delays = open_touch().play(
        whole, melody, grid, seed=options.seed, on_grid=options.on_grid
    )
    struck = [part.copy() for part in parts.values()]
    for part in struck:
        part[:, END] = part[:, START] + 1  # what rings on is no reason to play on
    known = np.concatenate([melody, *struck])
    entry, leave = span_of_band(known[np.argsort(known[:, START], kind="stable")], grid)
    band, edits = dict(parts), []
    for role, part in whole.items():
        anew = np.repeat(gaps[role], np.diff(grid.cell_starts))
        begins = part[:, START]
        new = anew[begins] & (begins >= entry) & (begins < leave)
        fresh, late = played[role][new], delays[role][new]
        edits.append(edit_of(found[role], part, fresh, anew, role, grid, late))
        kept = parts[role][~anew[parts[role][:, START]]]
        both = np.concatenate([kept, fresh])
        band[role] = both[np.lexsort((both[:, 2], both[:, START]))]
    notices.append(_told(options, gaps))
    arrangement = Arrangement(name, grid, melody, band, options.style or "")
    return Composition(splice(data, edits), arrangement, notices, options)


def heard_alone(
    score: ScoreTick, players: Mapping[Role, int], options: Options
) -> tuple[Grid, Notes, list[str]]:
    """Grid, melody and notices of a song as they were before it had a band."""
    band = set(players.values())
    if options.melody_track is None:
        lead = melody_track(score, without=band)
    else:
        lead = find_track(score, options.melody_track)
    if lead in band:
        raise UsageError(f"track {lead + 1} is of the band; name another for the melody")
    check_length(score, lead)
    others = [index for index in range(len(score.tracks)) if index not in band]
    alone = score.copy()
    alone.tracks = [alone.tracks[index] for index in others]  # type: ignore[assignment]
    grid, notices = song_grid(alone, others.index(lead), options.beats)
    return grid, melody_on(grid, score, lead, notices), notices


def _asked(options: Options, players: Mapping[Role, int]) -> list[Role]:
    """The parts to write in: those of `tracks`, by default all there are."""
    if set(options.tracks) == set(ALL_TRACKS):
        return list(players)
    roles = [role for role in ROLES if role.value in options.tracks]
    gone = [role for role in roles if role not in players]
    if gone:
        raise UsageError(
            f"the band has no {gone[0].value}; it has "
            f"{', '.join(role.value for role in players)}; add a part with --tracks "
            f"{gone[0].value} --given {','.join(role.value for role in players)}"
        )
    return roles


def _gaps(
    parts: Mapping[Role, Notes],
    roles: Sequence[Role],
    grid: Grid,
    melody: Notes,
    options: Options,
) -> dict[Role, Bools]:
    """Which cells of each part are written anew, (cell,).

    Those of the bars, or of all; where a part rests for a bar it rests on, unless it was named. Of
    these the share of `vary`, drawn from the seed.
    """
    first, last = played_cells(heard_with(melody, parts), grid)
    bar_of = np.searchsorted(grid.bar_starts, grid.cell_starts[:-1], "right") - 1
    low, high = options.bars or (1, grid.bars)
    if high > grid.bars:
        raise UsageError(f"there is no bar {high}; the song has bars 1 to {grid.bars}")
    cells = np.arange(grid.cells)
    asked = (bar_of >= low - 1) & (bar_of < high) & (cells >= first) & (cells < last)
    if not asked.any():
        raise UsageError(
            f"the band does not play in bars {low} to {high}; it plays in bars "
            f"{bar_of[first] + 1} to {bar_of[last - 1] + 1}"
        )
    named = set(options.tracks) != set(ALL_TRACKS)
    chosen = np.ones((grid.cells, len(ROLES)), bool)
    if options.vary is not None:
        draws = np.random.default_rng([options.seed, CHOICE]).random(chosen.shape)
        chosen = draws < options.vary
    gaps = {}
    for role in roles:
        plays = np.ones(grid.bars, bool) if named else sounding_bars(parts[role], grid)
        gap = asked & plays[bar_of] & chosen[:, ROLES.index(role)]
        if gap.any():
            gaps[role] = gap
    if not gaps:
        names = ", ".join(role.value for role in roles)
        raise UsageError(
            f"in bars {low} to {high} nothing is to be written anew: {names} rest; name a part "
            f"with --tracks to let it play"
            if options.vary is None
            else f"a share of {options.vary} chose no cell; vary more, or with another seed"
        )
    return gaps


def _gaps_at(
    cells: Bools,
    parts: Mapping[Role, Notes],
    roles: Sequence[Role],
    grid: Grid,
    melody: Notes,
    options: Options,
) -> dict[Role, Bools]:
    """Which cells of each part are written anew where the melody's are.

    Where the band played already, who rested rests on; where nobody did, who comes and goes does so
    phrase by phrase, by the seed (`sections.entrances`).
    """
    anew = np.zeros(grid.cells, bool)
    anew[: len(cells)] = cells[: grid.cells]
    sounding = {role: sounding_bars(part, grid) for role, part in parts.items()}
    nobody = ~np.any(list(sounding.values()), 0)
    bar_of = np.searchsorted(grid.bar_starts, grid.cell_starts[:-1], "right") - 1
    plan = np.zeros((grid.cells, len(roles)), bool)
    empty = np.flatnonzero(anew & nobody[bar_of])
    if len(empty):
        first, after = int(empty[0]), int(empty[-1]) + 1
        plan[first:after] = entrances(
            grid, first, after, roles, options.seed, melody, options.style
        )
    gaps = {}
    for column, role in enumerate(roles):
        plays = np.where(nobody[bar_of], plan[:, column], sounding[role][bar_of])
        if (anew & plays).any():
            gaps[role] = anew & plays
    if not gaps:
        raise UsageError("the band rests where the melody is new; name a part with --tracks")
    return gaps


def _told(options: Options, gaps: Mapping[Role, Bools]) -> str:
    titles = ", ".join(PARTS[role].title for role in ROLES if role in gaps)
    low, high = options.bars or (0, 0)
    where = f" in bars {low} to {high}" if high > low else f" in bar {low}" if low else ""
    share = "" if options.vary is None else f", {sum(gap.sum() for gap in gaps.values())} cells"
    return f"written anew: {titles}{where}{share}"
