"""A song as the band meets it: its written metres, its grid."""

from symusic.core import ScoreTick

from musegan.music.band import notes_of_track
from musegan.music.grid import Grid, grid_of_metres, measure_feel


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
