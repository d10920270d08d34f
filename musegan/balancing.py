"""Balancing: a band plays each kind of half bar about as often as people do.

Of its codebook it takes what is nearest, and what lies amid everything else is nearest too often: a few
entries were half of all that it played, thick ones and busy ones above all. So it plays songs that it
was trained on, is heard beside those who arranged them, and what it plays more than they do becomes
dearer, what it plays less cheaper, kind by kind (a rhythm, how many notes sound at once, and whether one is
none of the scale; of the bass a rhythm, and for how long it sounds). That is done again as long as it pays,
since what a band plays depends on what it played.

The prices are those of optimal transport between what is written and what is played (Cuturi 2013,
arXiv:1306.0895, algorithm 1), found in small steps while the music goes on.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from musegan.arranging import Arranger, Wishes
from musegan.data.pianorolls import melody_shift
from musegan.experiments.codebooks import tensors_of
from musegan.models.codebook import KINDS, kinds
from musegan.music.arrangement import Arrangement, Notes, melody_span
from musegan.music.band import ROLES, Role
from musegan.music.modulation import levelled, modulations
from musegan.music.sections import played_cells
from musegan.songcells import open_song
from musegan.train.checkpoint import load_release, save_release

Band = Mapping[Role, Notes]
Counts = dict[
    tuple[Role, str], Tensor
]  # of a role in a style, how often each kind of cell, (kind,)

LASTING = (Role.BASS,)  # one note at once: for how long it sounds is what tells kinds apart
ROUNDS = 6
PACE = 1.2  # how much dearer what is played e times too often becomes in the first round
CALMED = 0.7  # a round's pace is so much of that before it
FEW = 3.0  # cells that every kind is counted as played besides
REACH = 8  # cells: a role plays where it sounds so far away or nearer


@dataclass(frozen=True)
class Balance:
    """How a round went: of each role and style, the share of cells whose kind is not as people's."""

    round: int
    apart: dict[tuple[Role, str], float]


def balance(
    arranger: Arranger,
    corpora: Sequence[Sequence[Arrangement]],
    rounds: int = ROUNDS,
    roles: Collection[Role] = ROLES,
    styles: Collection[str] | None = None,
    announce: Callable[[Balance], None] = lambda told: None,
) -> None:
    """Set the prices of an arranger's codebooks, from none, by songs with their real bands.

    A role of a style is balanced by the first of the corpora that has it, as its entries are of one
    corpus; of roles that are not in `roles`, and of styles that are not in `styles` (None: all), prices stay
    as they are, and songs of other styles are not played. Equal arguments give equal prices on one machine.
    """
    wanted = arranger.styles if styles is None else styles
    priced = torch.tensor([style in wanted for style in arranger.styles])
    books = arranger.cells.codebooks
    for role in roles:
        if role.value in books:
            book = books[role.value]
            books[role.value] = replace(book, prices=book.prices.masked_fill(priced, 0.0))
    spans = [[melody_span(song) for song in songs if song.style in wanted] for songs in corpora]
    real = _first([_counts(arranger, [(song, song.band) for song in songs]) for songs in spans])
    for round in range(rounds + 1):
        own = _first(
            [
                _counts(arranger, [(song, _played(arranger, song)) for song in songs])
                for songs in spans
            ]
        )
        apart = {
            key: float((_shares(counts) - _shares(own[key])).abs().sum() / 2)
            for key, counts in real.items()
            if key in own
        }
        announce(Balance(round, apart))
        if round == rounds:
            return
        for key in (each for each in apart if each[0] in roles):
            _reprice(arranger, *key, real[key], own[key], PACE * CALMED**round)


def save_balanced(source: Path, target: Path, arranger: Arranger) -> None:
    """Write the band of a file anew, with the prices of an arranger's codebooks."""
    tensors, config = load_release(source)
    tensors |= tensors_of(arranger.cells.codebooks)
    save_release(target, tensors, config, bytewise="cells.")


def _played(arranger: Arranger, song: Arrangement) -> Band:
    style = song.style if song.style in arranger.styles else None
    seed = zlib.crc32(song.name.encode())
    return arranger.arrange(song.melody, song.grid, Wishes(list(song.band), style, seed))


def _first(counts: Sequence[Counts]) -> Counts:
    """Of each role and style the counts of the first corpus that has it."""
    return {key: one for each in reversed(counts) for key, one in each.items()}


def _counts(arranger: Arranger, bands: Sequence[tuple[Arrangement, Band]]) -> Counts:
    """How often each kind of cell is played where a role plays, by role and style."""
    found: defaultdict[tuple[Role, str], list[Tensor]] = defaultdict(list)
    for song, band in bands:
        first, last = played_cells(song.melody, song.grid)
        changes = modulations(song.melody, song.grid.bar_starts)
        melody, level = changes.levelled(song.melody), levelled(band, changes)
        shift = changes.shift if changes.any else melody_shift(melody)
        cells = open_song(arranger.cells, melody, song.grid, level, shift, first, last)
        for role in band:
            if role.value not in arranger.cells.codebooks or song.style not in arranger.styles:
                continue
            planes = torch.from_numpy(cells.planes[role])
            sounds = planes.flatten(1).any(1).numpy().astype(float)
            plays = np.convolve(sounds, np.ones(2 * REACH + 1), "full")[REACH : REACH + len(sounds)]
            heard = planes[torch.from_numpy(plays > 0)]
            found[role, song.style].append(kinds(heard, role in LASTING))
    return {key: torch.bincount(torch.cat(parts), minlength=KINDS) for key, parts in found.items()}


def _shares(counts: Tensor) -> Tensor:
    return counts / counts.sum().clamp(min=1)


def _reprice(
    arranger: Arranger, role: Role, style: str, real: Tensor, own: Tensor, pace: float
) -> None:
    """Make entries dearer by how much more often their kind is played than people play it."""
    books = arranger.cells.codebooks
    book = books[role.value]
    column = arranger.styles.index(style)
    wanted = real.float() * (own.sum() / real.sum().clamp(min=1)) + FEW
    rates = (own.float() + FEW).log() - wanted.log()  # how much too often, (kind,)
    step = pace * rates[kinds(book.planes, role in LASTING)]
    prices = book.prices.clone()
    prices[:, column] += step * book.styles[:, column]
    books[role.value] = replace(book, prices=prices)
