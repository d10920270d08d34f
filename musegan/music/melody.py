"""Which track of a file is the melody, and the single line that a polyphonic track sings."""

import re
from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from symusic.core import ScoreTick

from musegan.errors import MidiError, UsageError
from musegan.music.arrangement import END, PITCH, START, VELOCITY, Notes
from musegan.music.band import coverage, notes_of_track
from musegan.music.trackname import fitting, is_number

# Names that say melody, the surest first; searched in a name's plain lower-case words.
_NAMES: tuple[str, ...] = (
    r"melod(y|ie|ia|ies)|melodi\w?|mel",
    r"lead voc\w*|vocals?|voc|vox|voices?|sing|singer|singstimme|stimme|gesang|chant|chanteur|canto"
    r"|voix|voz|sopran\w*|mezzo|tenor|baritone?|contralto|gesangs\w*|lead ?vo\w*",
    r"leads?|led|solo|soloist|solist\w*|theme|thema|tema|tune|cantus",
)
# Names that hold one of those words and mean something else: sounds, second voices, lyrics.
_NOT_NAMES = (
    r"(square|saw|sawtooth|bass|calliope|chiff|charang|fifths?|synth|voice|choir) (lead|voice)"
    r"|lead \d? ?(square|sawtooth|calliope|chiff|charang|voice|fifths|bass)|voice (oohs?|bass|low)"
    r"|(oohs?|aahs?|harmon\w*|doubled|redoubled|echo|back\w*|support\w*|semi|words|lyrics|bass|tenor"
    r" sax|drums?|choir|counter\w*)"
)

# What a melody looks like, one weight a trait, found by fitting a softmax over the tracks of
# each file to the four corpora and rounding. `melody_track` tells how well it does.
_WEIGHTS = {
    "alone": 1.0,  # share of notes that begin more than a 48th of a whole note from any other
    "low": -3.0,  # octaves by which the mean pitch is below F4 (MIDI 65)
    "high": -2.0,  # octaves by which the mean pitch is above D5 (MIDI 74)
    "leaps": -6.0,  # share of steps of the top line wider than a fifth
    "loud": 5.0,  # mean velocity, of 1
    "sparse": -0.7,  # octaves by which the onsets a quarter are below 0.8
    "dense": -0.7,  # octaves by which the onsets a quarter are above 1.5
    "absent": -2.0,  # what the share of whole notes in which it sounds lacks of three quarters
    "wide": -0.6,  # octaves by which the compass exceeds 1.6 octaves
    "narrow": -7.0,  # octaves by which the compass stays below 0.7 octaves
}

_REGISTER = (53, 84)  # where the mean pitch of a melody lies: F3 to C6
_COMPASS = (36, 101)  # where its notes lie: C2 to F7


def melody_track(score: ScoreTick, *, by_name: bool = True, without: Collection[int] = ()) -> int:
    """The index in `score.tracks` of the melody: the track whose name says so, else by shape.

    A melody is a single line in the range of a voice, that moves by small steps, about one note
    a beat, through most of the song, and is no quieter than the rest. By shape alone (names and
    programs unseen) the melody is found in 96.5 % of 818 songs of POP909, 97.0 % of 1,184 of
    OpenScore Lieder, 20 of the 22 of Simutrans in which a track is named so, and 11 of such 18
    of Freedoom; with names in all but one (`benchmarks/melody_detection.py`).

    Raises MidiError where no track has notes, or only the drums and the tracks `without` have.
    """
    pitched = [index for index in pitched_tracks(score) if index not in without]
    if not pitched:
        raise MidiError("holds a band and no melody; give a file with a track for the melody")
    named = [(_name_rank(score.tracks[i].name), i) for i in pitched] if by_name else []
    best = min((rank for rank, _ in named), default=len(_NAMES))
    if best < len(_NAMES):
        pitched = [index for rank, index in named if rank == best]
    end = max(int(notes_of_track(track)[:, END].max(initial=1)) for track in score.tracks)
    quarter = score.ticks_per_quarter
    scores = [melody_score(notes_of_track(score.tracks[i]), quarter, end) for i in pitched]
    return pitched[int(np.argmax(scores))]


def find_track(score: ScoreTick, wanted: str) -> int:
    """The index of the track that a user asks for: its number, counted from 1, or part of its name.

    A whole name goes before a part of one; of several that fit, the one most like a melody.
    Raises UsageError, which lists the tracks, where none fits.
    """
    pitched = pitched_tracks(score)
    listed = ", ".join(f"{i + 1} {score.tracks[i].name.strip() or '(no name)'}" for i in pitched)
    allowed = f"the tracks with a tune are: {listed}"
    found = fitting({i: score.tracks[i].name for i in pitched}, wanted)
    if not found and is_number(wanted):
        raise UsageError(f"there is no melody in a track {wanted}; {allowed}")
    if not found:
        raise UsageError(f"no track is named {wanted!r}; {allowed}")
    end = max(int(notes_of_track(score.tracks[i])[:, END].max()) for i in pitched)
    quarter = score.ticks_per_quarter
    return max(found, key=lambda i: melody_score(notes_of_track(score.tracks[i]), quarter, end))


def pitched_tracks(score: ScoreTick) -> list[int]:
    """The indices of the tracks with notes that are not drums.

    Raises MidiError where there is none.
    """
    played = [i for i, track in enumerate(score.tracks) if len(track.notes)]
    pitched = [i for i in played if not score.tracks[i].is_drum]
    if not played:
        raise MidiError("holds no notes; give a file with a melody")
    if not pitched:
        raise MidiError("holds only drums; give a file with at least one track of pitched notes")
    return pitched


def melody_score(notes: Notes, quarter: int, end: int) -> float:
    """How much a track is shaped like a melody, in log odds against another track of its song.

    `notes` are in ticks, (note, 4), at least one; `quarter` is ticks a quarter note, `end` the
    tick at which the song ends.
    """
    starts, pitches = notes[:, START], notes[:, PITCH]
    onsets, first = np.unique(starts, return_index=True)
    top = np.maximum.reduceat(pitches, first)
    far = np.diff(starts) > quarter / 12
    alone = np.concatenate([[True], far]) & np.concatenate([far, [True]])
    mean = float(pitches.mean()) / 12
    density = float(np.log2(len(onsets) * quarter / end + 0.01))
    lowest, highest = np.percentile(top, [2, 98])
    compass = float(highest - lowest) / 12
    traits = {
        "alone": float(alone.mean()),
        "low": max(5.4 - mean, 0.0),
        "high": max(mean - 6.2, 0.0),
        "leaps": float((np.abs(np.diff(top)) > 7).mean()) if len(top) > 1 else 0.0,
        "loud": float(notes[:, VELOCITY].mean()) / 127,
        "sparse": max(-0.3 - density, 0.0),
        "dense": max(density - 0.6, 0.0),
        "absent": max(0.75 - coverage(notes, 4 * quarter, end), 0.0),
        "wide": max(compass - 1.6, 0.0),
        "narrow": max(0.7 - compass, 0.0),
    }
    return sum(_WEIGHTS[name] * value for name, value in traits.items())


def top_line(notes: Notes) -> Notes:
    """The top line of a track, as a single line: notes (note, 4), in ticks or steps, sorted.

    The skyline of Uitdenbogerd and Zobel, Manipulation of music for melody matching (ACM
    Multimedia 1998), for human hands: of a chord the highest note is kept, a note is cut where
    a higher or equal one begins, and one that begins while a higher sounds is left out. Two
    notes are a chord also if the higher is late by an eighth of the shorter; two follow one
    another also if the higher is let go late by a quarter of the shorter (legato).
    """
    kept = _skyline(notes)
    line = np.array([[*notes[index, :END], end, *notes[index, PITCH:]] for index, end in kept])
    return line.reshape(-1, 4).astype(np.int64)


def in_register(melody: Notes) -> Notes:
    """A line moved by octaves to where melodies lie: its mean in F3..C6, its notes in C2..F7.

    For a model that has seen melodies there alone; a line that lies there stays as it is.
    """
    moved = melody.copy()
    pitch = moved[:, PITCH]
    pitch += octaves_to_register(melody)
    pitch += 12 * np.maximum(0, -(-(_COMPASS[0] - pitch) // 12))
    pitch -= 12 * np.maximum(0, -(-(pitch - _COMPASS[1]) // 12))
    return moved


def octaves_to_register(melody: Notes) -> int:
    """The semitones, whole octaves, that bring the mean of a line to F3..C6; 0 where it lies there."""
    mean = float(melody[:, PITCH].mean())
    if mean < _REGISTER[0]:
        return 12 * int(np.ceil((_REGISTER[0] - mean) / 12))
    return 12 * int(np.floor((_REGISTER[1] - mean) / 12)) if mean > _REGISTER[1] else 0


def split_right_hand(notes: Notes) -> tuple[Notes, Notes]:
    """Split a piano part that holds both hands into (melody, rest); together they are the input.

    The melody is the top line, less the notes more than nine semitones below its upper quartile:
    where the right hand rests, the top of the left is not the melody. In POP909 with melody and
    piano merged, 87 % of the melody's notes come out, and 72 % of what comes out is melody.
    """
    kept = np.array([index for index, _ in _skyline(notes)], np.int64)
    is_melody = np.zeros(len(notes), bool)
    if len(kept):
        line = notes[kept, PITCH]
        is_melody[kept[line >= np.percentile(line, 75) - 9]] = True
    return notes[is_melody], notes[~is_melody]


def _skyline(notes: Notes) -> list[tuple[int, int]]:
    """The notes of the top line as (index into notes, end), by start."""
    ends = _without_hanging(notes)
    line: list[tuple[int, int]] = []
    for index in np.lexsort((-ends, -notes[:, PITCH], notes[:, START])).tolist():
        start, end, pitch = int(notes[index, START]), int(ends[index]), int(notes[index, PITCH])
        if line and line[-1][1] > start:
            last, stop = line[-1]
            since, shorter = start - notes[last, START], min(stop - notes[last, START], end - start)
            if pitch >= notes[last, PITCH]:
                line.pop()
                if 8 * since > shorter:
                    line.append((last, start))
            elif 4 * (stop - start) <= shorter:
                line[-1] = (last, start)
            else:
                continue
        line.append((index, end))
    return line


def _without_hanging(notes: Notes) -> npt.NDArray[np.int64]:
    """The ends of the notes; one that hangs, for its end is lost, ends where the next begins.

    Hanging is what outlasts 24 later onsets; in a track nearly all of whose notes begin alone, 4.
    """
    starts, ends = notes[:, START], notes[:, END].copy()
    onsets = np.unique(starts)
    after = np.searchsorted(onsets, starts, side="right")
    limit = 4 if len(onsets) > 0.85 * len(notes) else 24
    hanging = np.searchsorted(onsets, ends) - after > limit
    ends[hanging] = onsets[np.minimum(after[hanging], len(onsets) - 1)]
    return ends


def _name_rank(name: str) -> int:
    """How surely a name says melody: 0 the most; `len(_NAMES)` if it does not."""
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    words = f" {' '.join(re.findall(r'[a-zà-ÿ]+', apart.lower()))} "
    if re.search(f" ({_NAMES[0]}) ", words) and not re.search(r" (re)?doubled | support ", words):
        return 0
    if re.search(f" ({_NOT_NAMES}) ", words):
        return len(_NAMES)
    return next((r for r, names in enumerate(_NAMES) if re.search(f" ({names}) ", words)), 3)
