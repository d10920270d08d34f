"""The band: five roles, their General MIDI programs and ranges, and who plays them in a file."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from symusic.core import ScoreTick, TrackTick

if TYPE_CHECKING:
    from musegan.music.arrangement import Notes


class Role(str, Enum):
    """A part of the band; the value is the name users type."""

    DRUMS = "drums"
    BASS = "bass"
    PIANO = "piano"
    GUITAR = "guitar"
    STRINGS = "strings"


ROLES: tuple[Role, ...] = tuple(Role)  # the order of every track axis


@dataclass(frozen=True)
class Part:
    """How a role is written down: the track's title, its sound and the notes it can play."""

    title: str
    program: int  # General MIDI, from 0
    lowest: int  # MIDI note
    highest: int  # MIDI note, inclusive


PARTS: Mapping[Role, Part] = {
    Role.DRUMS: Part("Drums", 0, 35, 81),
    Role.BASS: Part("Bass", 33, 28, 50),  # fingered electric bass, E1..D3
    Role.PIANO: Part("Piano", 0, 21, 108),
    Role.GUITAR: Part("Guitar", 25, 40, 84),  # steel strings, E2..C6
    Role.STRINGS: Part("Strings", 48, 36, 96),  # string ensemble, C2..C7
}
DRUM_CHANNEL = 9  # counted from 0

DRUM_KEYS: Mapping[str, int] = {  # the nine classes of drum, by their General MIDI key
    "kick": 36,
    "snare": 38,
    "closed hat": 42,
    "open hat": 46,
    "low tom": 45,
    "mid tom": 47,
    "high tom": 50,
    "crash": 49,
    "ride": 51,
}
_DRUM_CLASSES: Mapping[str, tuple[int, ...]] = {
    "kick": (35, 36),
    "snare": (37, 38, 39, 40, 75, 76, 77, 85),  # side stick, clap, claves, wood block, castanets
    "closed hat": (22, 42, 44, 54, 69, 70, 73, 80, 82, 83),  # pedal, tambourine, shakers
    "open hat": (26, 46, 74, 81),
    "low tom": (41, 43, 45, 64, 86, 87),  # floor toms, low conga, surdo
    "mid tom": (47, 61, 63, 66),
    "high tom": (48, 50, 60, 62, 65),
    "crash": (49, 52, 55, 57),  # also china and splash
    "ride": (51, 53, 56, 59, 67, 68),  # also its bell, cowbell, agogo
}
_NEAREST = {key: DRUM_KEYS[kind] for kind, keys in _DRUM_CLASSES.items() for key in keys}
# Every percussion key, and the drum that stands in for it; None: no drum does (whistles, noises).
# 22 and 26 are not General MIDI, but what electronic kits send for the edges of the hi-hat.
NEAREST_DRUM: Mapping[int, int | None] = {
    key: _NEAREST.get(key) for key in (22, 26, *range(27, 88))
}

_NAMES: tuple[tuple[Role, str], ...] = (  # searched in this order in " name of the track "
    (Role.DRUMS, r" (dr|drs|drm\w?|drums?|\w*drum ?(kit|set)|perc\w*|parc|kit|schlagzeug|fpc"
                 r"|schlagwerk|bat[ae]ri\w*|batera|batterie|trommeln?|tambores) "),
    (Role.BASS, r" (\w*bass(?! drum| clarinet| trombone| flute| horn| voice)|bas|basu?|base|bs"
                r"|basse|basub|basui|bassic|kontrabass|contraba\w+|contrebasse|baixo|bajo|basso) "),
    (Role.GUITAR, r" (gt|gtr|guit\w*|git|gitarren?|gitara|guitare|guitarra|chitarra|banjo|ukulele"
                  r"|violao|dist(or[st]\w*)?|overdrive|ovr|dgt|\w*guitars?\w*) "),
    (Role.PIANO, r" (\w*piano\w*|pno|pn|pf|kl?avier\w*|keys?|kbd|keyboards?|rhodes|wurl\w*"
                 r"|[eo]?p|clav\w*|org|organ\w*|orgel|orgue|organo|harpsichord|cembalo|clavecin"
                 r"|celesta|vibes|vibraphone|marimba|teclado\w*|hammond|accordion) "),
    (Role.STRINGS, r" (str|strs|stgs?z?|s?strings?\w*|synthst\w*|bridge|violins?|violin[eo]s?|viola"
                   r"|violon\w*|cell[oi]|geigen?|streicher|cordes|cordas|cuerdas|archi|vln?|vcl?|vla"
                   r"|(?<!brass )ens(emble)?|orchestra|\w*pads?|choir|aahs?|oohs?) "),
)  # fmt: skip
_PLUCKED = {104, 105, 106, 107}  # sitar, banjo, shamisen, koto
_HIGHEST_BASS = 55  # mean pitch; what lies above is no bass, whatever it is called
_LOW = 46  # mean pitch below which a single line of no telling sound is the bass


def notes_of_track(track: TrackTick) -> "Notes":
    """The notes of a track, (note, 4): start tick, end tick, pitch, velocity; sorted.

    A note of no length gets one tick.
    """
    columns = track.notes.numpy()
    start, length = columns["time"].astype(np.int64), columns["duration"].astype(np.int64)
    end = start + np.maximum(length, 1)
    notes = np.column_stack([start, end, columns["pitch"], columns["velocity"]])
    return notes[np.lexsort((notes[:, 2], notes[:, 0]))].astype(np.int64)


def nearest_drums(notes: "Notes") -> "Notes":
    """Notes on percussion keys as those of the nine drums; what no drum stands in for is left out."""
    keys = np.array([NEAREST_DRUM.get(pitch) or -1 for pitch in notes[:, 2].tolist()], np.int64)
    kept = notes[keys >= 0].copy()
    kept[:, 2] = keys[keys >= 0]
    return kept


def role_of_track(name: str, program: int, is_drum: bool, notes: "Notes") -> Role | None:
    """Which role a track plays, by its name, else by its program and register; None if none.

    A name in English, German, French, Italian, Spanish or Portuguese, or one of the usual
    abbreviations, outweighs the program, for in many files all programs are 0. `notes` are the
    track's, (note, 4) in any unit of time; a track without notes plays no role.
    """
    if len(notes) == 0:
        return None
    if is_drum:
        return Role.DRUMS
    mean = float(notes[:, 2].mean())
    words = _words(name)
    for role, pattern in _NAMES:
        if re.search(pattern, words):
            if role is Role.DRUMS and not _drums_off_their_channel(program, notes):
                continue
            if role is Role.BASS and mean > _HIGHEST_BASS:
                continue
            return role
    if program == 0 and mean < _LOW and _is_line(notes):  # 0 also means: nobody set a program
        return Role.BASS
    return _role_of_program(program, mean, _is_line(notes))


def cast(score: ScoreTick, melody_track: int | None = None) -> dict[Role, list[int]]:
    """Which tracks of a file play which role: {role: indices of `score.tracks`}.

    The drums are all the drum tracks. Every other role is played by the part that sounds in
    most of the song's whole notes (within a twentieth), and of those by the one with most notes.
    A part is a track with its neighbours of the same name: the staves of a piano, or a track
    that changes its program. Never the melody, nor a track that doubles it; of a part's tracks
    that double one another, the first.
    """
    notes = [notes_of_track(track) for track in score.tracks]
    roles = [
        None if index == melody_track else role_of_track(t.name, t.program, t.is_drum, notes[index])
        for index, t in enumerate(score.tracks)
    ]
    if melody_track is not None:
        melody = notes[melody_track]
        roles = [
            None if role not in (None, Role.DRUMS) and _doubles(melody, n) else role
            for role, n in zip(roles, notes, strict=True)
        ]
    players: dict[Role, list[int]] = {}
    drums = [index for index, role in enumerate(roles) if role is Role.DRUMS]
    if drums:
        players[Role.DRUMS] = drums
    end = max((int(n[:, 1].max()) for n in notes if len(n)), default=1)
    best: dict[Role, tuple[float, int]] = {}
    for part in _parts(score, roles):
        role = roles[part[0]]
        if role is None or role is Role.DRUMS:
            continue
        tracks = [
            index
            for position, index in enumerate(part)
            if not any(_doubles(notes[other], notes[index]) for other in part[:position])
        ]
        played = np.concatenate([notes[index] for index in tracks])
        share = coverage(played, 4 * score.ticks_per_quarter, end)
        worth = (round(20 * share) / 20, len(played))
        if role not in best or worth > best[role]:
            best[role], players[role] = worth, tracks
    return {role: players[role] for role in ROLES if role in players}


def coverage(notes: "Notes", window: int, end: int) -> float:
    """The share, 0..1, of the windows of `window` ticks before tick `end` in which notes sound."""
    count = -(-end // window)
    edges = np.zeros(count + 1, np.int64)
    np.add.at(edges, np.clip(notes[:, 0] // window, 0, count - 1), 1)
    np.add.at(edges, np.clip((notes[:, 1] - 1) // window + 1, 0, count), -1)
    return float((np.cumsum(edges)[:-1] > 0).mean())


def split_left_hand(notes: "Notes") -> tuple["Notes", "Notes"]:
    """Split a piano part into (bass, rest); together they are the input, sorted.

    The bass has the notes at or below MIDI note 50 (D3) that are the lowest sounding when they
    begin. A lower note that is let go within a quarter of the shorter of the two is legato
    playing, not sounding; of several on one pitch the longest is taken. So the bass is nearly
    a single line: two of its notes overlap only where a lower one begins before a higher ends.
    """
    notes = notes[np.lexsort((-notes[:, 1], notes[:, 2], notes[:, 0]))]
    is_bass = np.zeros(len(notes), bool)
    sounding: list[tuple[int, int, int]] = []  # (end, pitch, length)
    for index, (start, end, pitch, _) in enumerate(notes.tolist()):
        sounding = [held for held in sounding if held[0] > start]
        is_bass[index] = pitch <= 50 and not any(
            low <= pitch and 4 * (stop - start) > min(length, end - start)
            for stop, low, length in sounding
        )
        sounding.append((end, pitch, end - start))
    order = np.lexsort((notes[:, 2], notes[:, 0]))
    notes, is_bass = notes[order], is_bass[order]
    return notes[is_bass], notes[~is_bass]


def _words(name: str) -> str:
    """A track's name as lower-case words of plain letters, with a blank at either end."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)  # "BassSynth" is two words
    return f" {' '.join(re.findall('[a-z]+', apart.lower()))} "


def _drums_off_their_channel(program: int, notes: "Notes") -> bool:
    """Whether notes on another channel can be what a name says, drums: the keys of a drum kit."""
    keys = notes[:, 2]
    return program == 0 and float(((keys >= 35) & (keys <= 59)).mean()) > 0.8


def _is_line(notes: "Notes") -> bool:
    """Whether nine notes of ten begin alone."""
    return len(np.unique(notes[:, 0])) > 0.9 * len(notes)


def _role_of_program(program: int, mean: float, line: bool) -> Role | None:
    if 32 <= program <= 39:
        return Role.BASS if mean <= _HIGHEST_BASS else None
    if program in (43, 58, *range(80, 88)) and mean < _LOW and line:  # double bass, tuba, leads
        return Role.BASS
    if program <= 23 or program in (46, 108):  # pianos, mallets, organs, harp, kalimba
        return Role.PIANO
    if 24 <= program <= 31 or program in _PLUCKED:
        return Role.GUITAR
    if (40 <= program <= 54 and program != 47) or 88 <= program <= 95 or program == 110:
        return Role.STRINGS  # solo and ensemble strings, choirs, pads, fiddle; not the timpani
    return None


def _parts(score: ScoreTick, roles: list[Role | None]) -> list[list[int]]:
    """Tracks that have a role, with neighbours of the same name and role put together."""
    parts: list[list[int]] = []
    for index, role in enumerate(roles):
        if role is None:
            continue
        name, last = score.tracks[index].name.strip(), parts[-1][-1] if parts else -1
        same = last >= 0 and roles[last] is role and score.tracks[last].name.strip() == name
        if name and same:
            parts[-1].append(index)
        else:
            parts.append([index])
    return parts


def _doubles(first: "Notes", second: "Notes") -> bool:
    """Whether four of five notes of `second` are in `first`, at the same tick, in any octave."""
    if not len(first) or not len(second):
        return False
    keys = [n[:, 0] * 12 + n[:, 2] % 12 for n in (first, second)]
    return float(np.isin(keys[1], keys[0]).mean()) > 0.8
