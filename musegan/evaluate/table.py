"""The table: our band beside the real one, another song's, and bands by rule.

A song is judged only on the roles that its corpus file has: what else a band plays is left out, so
that a corpus without drums neither rewards nor punishes them. Every figure is a mean over songs
(and seeds), each song one vote.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from musegan.errors import UsageError
from musegan.evaluate.baselines import Band, another_song, block_chords, causal_chords, tritone
from musegan.evaluate.confidence import mean_of
from musegan.evaluate.copies import TrainingSongs
from musegan.evaluate.features import features
from musegan.evaluate.frechet import frechet_distance, standardised
from musegan.evaluate.report import REAL, Report, Row, print_report
from musegan.evaluate.structure import Structure, measure_structure
from musegan.evaluate.twosample import ToldApart, told_apart
from musegan.music.arrangement import Arrangement, Notes, no_notes
from musegan.music.band import ROLES, Role
from musegan.music.harmony import Harmony, harmony
from musegan.music.sounding import pooled, sounding_classes
from musegan.music.texture import PublishedTexture, Texture, published_texture, texture

__all__ = ["OURS", "Generate", "Report", "evaluate_band", "judged_roles", "print_report"]

Floats = npt.NDArray[np.float64]
Generate = Callable[[Arrangement, int], Mapping[Role, Notes]]

OURS = "ours"
_BACKING = (Role.BASS, Role.PIANO, Role.GUITAR)


def evaluate_band(
    arrangements: Sequence[Arrangement],
    generate: Generate,
    judged: Sequence[Role] | None = None,
    seeds: Sequence[int] = (0,),
    *,
    classify: bool = True,
    training: TrainingSongs | None = None,
    announce: Callable[[str], None] | None = None,
) -> Report:
    """Judge the bands that `generate` writes for songs it has not seen.

    Args:
        arrangements: the songs, two at least; their own bands are the real row.
        generate: (arrangement, seed) -> its band, by role, notes (note, 4) on the song's grid. It
            must look at the melody and the grid alone.
        judged: the roles that together are the accompaniment in harmony and features;
            `judged_roles` where None. The tables of single tracks have all roles of the corpus.
        seeds: `generate` runs once for each; its figures are means over them.
        classify: train the classifiers (seconds to minutes a row).
        training: role -> onsets (note, 2) of the songs in which copies are looked for; where None,
            none are.
        announce: told in a line what is being done, a few times a row.

    Raises:
        UsageError: there are fewer than two songs, no seed, or no song has a judged role.
    """
    roles = tuple(judged_roles(arrangements) if judged is None else judged)
    songs = [song for song in arrangements if any(role in song.band for role in roles)]
    if len(songs) < 2:
        raise UsageError(
            f"{len(songs)} songs have a melody and {' or '.join(role.value for role in roles)}; "
            f"an evaluation needs 2, so pass more songs or judge other roles"
        )
    if not seeds:
        raise UsageError("0 seeds given; an evaluation needs 1 or more")
    tell = announce or (lambda _: None)

    def ours(seed: int) -> list[Band]:
        bands = []
        for number, song in enumerate(songs, 1):
            if number % 10 == 1:
                tell(f"{OURS}, seed {seed}: song {number} of {len(songs)}")
            bands.append(generate(song, seed))
        return bands

    turned = [*songs[1:], songs[0]]
    sources: list[tuple[str, list[Callable[[], list[Band]]]]] = [
        (OURS, [partial(ours, seed) for seed in seeds]),
        (
            "another song",
            [lambda: [another_song(a, b) for a, b in zip(songs, turned, strict=True)]],
        ),
        ("tritone off", [lambda: [tritone(song) for song in songs]]),
        ("block chords", [lambda: [block_chords(song) for song in songs]]),
        ("causal chords", [lambda: [causal_chords(song) for song in songs]]),
    ]
    tell("measuring the real bands")
    real_bands = [song.band for song in songs]
    real, song_of_window = _all_features(songs, real_bands, roles)
    odd = song_of_window % 2 == 1
    scaled = standardised(real, real)
    if min(odd.sum(), (~odd).sum()) < 2:
        raise UsageError(
            "the songs are too short to compare: their melodies fill fewer than two windows of "
            "4 bars in each half of the songs; pass more or longer songs"
        )
    floor = frechet_distance(scaled[odd], scaled[~odd])
    played: dict[str, list[list[Band]]] = {REAL: [real_bands]}
    wholes: dict[str, tuple[float, float, ToldApart | None]] = {REAL: (floor, 1.0, None)}
    for name, takes in sources:
        tell(f"measuring {name}")
        bands = [
            [_of_the_song(song, band) for song, band in zip(songs, take(), strict=True)]
            for take in takes
        ]
        distances, accuracies = [], []
        for take in bands:
            theirs, _ = _all_features(songs, take, roles)
            distances.append(frechet_distance(scaled, standardised(theirs, real)))
            if classify:
                tell(f"training a classifier on {name}")
                accuracies.append(told_apart(real, theirs, song_of_window, song_of_window))
        distance = float(np.mean(distances))
        ratio = distance / floor if floor else float("nan")
        played[name] = bands
        wholes[name] = distance, ratio, mean_of(accuracies) if accuracies else None
    tell("measuring patterns, phrases and copies")
    tracks = corpus_roles(songs)
    structures = measure_structure(songs, REAL, played, roles, tracks, training)
    rows = tuple(
        _row(name, songs, played[name], roles, structures[name], *wholes[name])
        for name in (OURS, REAL, *(name for name, _ in sources[1:]))
    )
    known = {role: len(each) for role in tracks if (each := (training or {}).get(role))}
    return Report(len(songs), len(real), tuple(seeds), roles, rows, known)


def judged_roles(arrangements: Sequence[Arrangement]) -> tuple[Role, ...]:
    """The roles to judge where nobody says: bass, piano and guitar, as far as the corpus has them.

    Strings alone where it has none of these. A corpus has a role that a tenth of its songs have.
    """
    present = corpus_roles(arrangements)
    backing = tuple(role for role in _BACKING if role in present)
    return backing or tuple(role for role in present if role is not Role.DRUMS)


def corpus_roles(arrangements: Sequence[Arrangement]) -> tuple[Role, ...]:
    """The roles that at least a tenth of the songs have."""
    needed = max(1, len(arrangements) / 10)
    return tuple(
        role for role in ROLES if sum(role in song.band for song in arrangements) >= needed
    )


def song_harmony(song: Arrangement, band: Band, roles: Sequence[Role]) -> tuple[Harmony, Harmony]:
    """The harmony of one song, accompaniment pooled per beat and at each step."""
    grid = song.grid
    parts = [band[role] for role in roles if role in band and role is not Role.DRUMS]
    backing = np.concatenate([no_notes(), *parts])
    classes = pooled(sounding_classes(backing, grid.steps), grid.beat_starts)
    per_beat = harmony(song.melody, backing, grid.beat_starts, heard=classes)
    return per_beat, harmony(song.melody, backing, grid.beat_starts)


def song_texture(song: Arrangement, part: Notes) -> tuple[Texture, PublishedTexture]:
    """The texture of one track of one song, as it is and as published code has it."""
    grid = song.grid
    beat = 6 if grid.feel == "triplet" else 4
    return (
        texture(part, grid.bar_starts, steps_per_beat=beat),
        published_texture(part, grid.bar_starts, steps_per_beat=beat),
    )


def _row(
    name: str,
    songs: Sequence[Arrangement],
    takes: Sequence[Sequence[Band]],
    roles: Sequence[Role],
    structure: Structure,
    distance: float,
    ratio: float,
    told: ToldApart | None,
) -> Row:
    pairs = [pair for take in takes for pair in zip(songs, take, strict=True)]
    per_beat, per_step = zip(*(song_harmony(*pair, roles) for pair in pairs), strict=True)
    textures: dict[Role, Texture] = {}
    published: dict[Role, PublishedTexture] = {}
    played = {role for _, band in pairs for role in band}
    for role in corpus_roles(songs):
        if role in played or role in roles:
            measured = [
                song_texture(song, band.get(role, no_notes()))
                for song, band in pairs
                if role in song.band
            ]
            textures[role] = mean_of([right for right, _ in measured])
            published[role] = mean_of([other for _, other in measured])
    return Row(
        name,
        mean_of(per_beat),
        mean_of(per_step),
        textures,
        published,
        structure,
        distance,
        ratio,
        told,
    )


def _of_the_song(song: Arrangement, band: Band) -> Band:
    return {role: part for role, part in band.items() if role in song.band}


def _all_features(
    songs: Sequence[Arrangement], bands: Sequence[Band], roles: Sequence[Role]
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The features of all songs' windows (window, feature), and each window's song (window,)."""
    each = [
        features(
            song.melody,
            _of_the_song(song, band),
            song.grid.bar_starts,
            song.grid.beat_starts,
            roles,
        )
        for song, band in zip(songs, bands, strict=True)
    ]
    numbers = np.repeat(np.arange(len(each)), [len(windows) for windows in each])
    return np.concatenate(each), numbers.astype(np.int64)
