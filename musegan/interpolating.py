"""Interpolating: bands that lie between two, for one melody.

Between two seeds lies their noise, on the sphere: every band of the path is one that the model
writes. Between two bands that are there lie the latents of their half bars, on the sphere, too: every
half bar of the path is what the autoencoder of its role makes of one.

Spherical interpolation is Shoemake's (Animating rotation with quaternion curves, SIGGRAPH 1985); for
latents of GANs White, Sampling generative networks, 2016, arXiv:1609.04468.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from musegan.composing import Composer
from musegan.composition import Composition, Options
from musegan.errors import ConfigError, UsageError
from musegan.music.arrangement import Arrangement, Notes
from musegan.music.band import ROLES, Role, notes_of_track
from musegan.music.grid import Grid
from musegan.music.midi import Source, add_tracks, read_midi, standard_bytes
from musegan.music.playing import between
from musegan.music.scoring import band_tracks
from musegan.music.sections import span_of_band
from musegan.music.splicing import without_tracks
from musegan.music.tracks import find_band, read_wanted
from musegan.rewriting import heard_alone
from musegan.touching import open_touch


def shares_of(steps: int) -> list[float]:
    """How far from the first band each of the steps is, 0 to 1, both ends among them."""
    if steps < 2:
        raise ConfigError(f"steps={steps}: a path has 2 at least, its ends")
    return [step / (steps - 1) for step in range(steps)]


def between_seeds(
    composer: Composer, source: Source, options: Options, towards: int, steps: int, name: str = ""
) -> list[Composition]:
    """Bands for one song, from that of `options.seed` to that of the seed `towards`.

    The ends are what `compose` writes for these seeds. Raises as `Composer.compose`.
    """
    return [
        composer.compose(source, replace(options, towards=towards, share=share), name)
        for share in shares_of(steps)
    ]


@dataclass(frozen=True, eq=False)
class _Banded:
    """A song that has a band."""

    data: bytes
    grid: Grid
    melody: Notes
    notices: list[str]
    found: Mapping[Role, Notes]  # in ticks
    parts: Mapping[Role, Notes]  # in steps


def between_bands(
    composer: Composer,
    sources: tuple[Source, Source],
    options: Options,
    steps: int,
    names: tuple[str, str] = ("the first", "the second"),
) -> list[Composition]:
    """Songs from one result of `compose` to another for the same melody; the ends are these two.

    Raises:
        MidiError: a source cannot be read, or holds no melody.
        UsageError: one has no band, or their melodies or bars are not the same.
    """
    first, second = (
        _open(source, options, name) for source, name in zip(sources, names, strict=True)
    )
    _check_alike(first, second, names)
    roles = [role for role in ROLES if role in {*first.parts, *second.parts}]
    arranger = composer.filler()
    style = options.style or arranger.styles[0]
    bare = without_tracks(first.data, list(first.found.values()))
    songs = []
    for share in shares_of(steps):
        notices = list(first.notices)
        if share in (0, 1):
            end = first if share == 0 else second
            band, midi = dict(end.parts), end.data
        else:
            made = arranger.blend(
                first.melody, first.grid, (first.parts, second.parts), roles, share, style
            )
            entry, leave = span_of_band(first.melody, first.grid)
            written = {role: between(part, entry, leave) for role, part in made.items()}
            band, delays = open_touch().play(
                written, first.melody, first.grid, seed=options.seed, on_grid=options.on_grid
            )
            tracks, remarks = band_tracks(band, first.grid, bare, delays)
            midi = add_tracks(bare, tracks)
            notices += remarks
        song = Arrangement(names[0], first.grid, first.melody, band, style)
        songs.append(Composition(midi, song, notices, replace(options, share=share)))
    return songs


def _open(source: Source, options: Options, name: str) -> _Banded:
    data = standard_bytes(source, name)
    score = read_midi(data, name)
    try:
        players = find_band(score, read_wanted(options.given))
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error
    grid, melody, notices = heard_alone(score, players, options)
    found = {role: notes_of_track(score.tracks[index]) for role, index in players.items()}
    parts = {role: grid.quantise(notes) for role, notes in found.items()}
    return _Banded(data, grid, melody, notices, found, parts)


def _check_alike(first: _Banded, second: _Banded, names: Sequence[str]) -> None:
    alike = np.array_equal(first.melody[:, :3], second.melody[:, :3]) and np.array_equal(
        first.grid.bar_starts, second.grid.bar_starts
    )
    if not alike:
        raise UsageError(
            f"{names[0]} and {names[1]} are not bands for one melody (notes: {len(first.melody)} and "
            f"{len(second.melody)}, bars: {first.grid.bars} and {second.grid.bars}); give two results "
            f"for the same song"
        )
