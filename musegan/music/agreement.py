"""How well a band agrees with its melody: the measures of harmony of one arrangement, in brief."""

import math

import numpy as np

from musegan.music.arrangement import Arrangement, melody_span
from musegan.music.band import Role
from musegan.music.harmony import centroid_distance, notes_in_chord, pitch_consonance
from musegan.music.sounding import pooled, sounding_classes, top_pitches

Measures = dict[str, float | dict[str, int] | None]


def agreement(arrangement: Arrangement) -> Measures:
    """Measures of the pitched parts together, pooled per beat, and how many notes each part has.

    "MCTD" (lower agrees more), "PCS" (-1..1) and "NiC" (0..1) as in `music.harmony`, over the bars
    from the melody's first note to its last; None where the two never sound together. "notes" maps
    the name of each role to a count.
    """
    counts = {role.value: len(part) for role, part in arrangement.band.items()}
    measures: Measures = {"MCTD": None, "PCS": None, "NiC": None, "notes": counts}
    pitched = [part for role, part in arrangement.band.items() if role is not Role.DRUMS]
    if not len(arrangement.melody) or not any(map(len, pitched)):
        return measures
    span = melody_span(arrangement)
    parts = [part for role, part in span.band.items() if role is not Role.DRUMS]
    steps, beats = span.grid.steps, span.grid.beat_starts
    heard = pooled(sounding_classes(np.concatenate(parts), steps), beats)
    line = top_pitches(span.melody, steps)
    for name, measure in (
        ("MCTD", centroid_distance),
        ("PCS", pitch_consonance),
        ("NiC", notes_in_chord),
    ):
        value = measure(line, heard)
        measures[name] = None if math.isnan(value) else round(value, 4)
    return measures
