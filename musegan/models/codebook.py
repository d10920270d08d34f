"""Cells that people have played, and which of them is nearest to a latent.

What a generator writes lies between the latents of real cells, where decoders are unsure: notes are
cut short, ties are lost, and sixteenths stray. A band with a codebook plays the entry that is nearest
instead, as codes are chosen in van den Oord et al. 2017 (arXiv:1711.00937, eq. 1 and 2); there they
are learned, here they are half bars of songs.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

STEPS = 8  # of a cell
HABIT = 1.1  # how dear it is to depart from a rhythm, a step; a latent's length is 8
FIRM_HABIT = 8.0  # the same where the harmony is forgotten, but not the rhythm
LEAN = (
    4.0  # how dear it is to lie farther from a role's register than in C, in mean distances from it
)
LEAP = 1.0  # how dear it is to lie far from where the role was, a semitone beyond a step
STEP = 4.0  # semitones
CLASH = 12.0  # how dear it is to sound all the time what the others do not
ROOT = 4.0  # how dear it is to sound all the time what is not the root of what they do
KEPT = 64  # of what was asked for
THICKEST = 4  # notes at once; more are of one kind
# Of entries, which are near C major or A minor; their lowest pitch is a C.
SCALE = (0, 2, 4, 5, 7, 9, 11)
KINDS = 2**STEPS * (STEPS + 1) * 2


@dataclass(frozen=True, eq=False)
class Codebook:
    """The entries of one role.

    planes: (entry, plane, step, pitch), 0 and 1 as bytes;
    latents: (entry, latent), what its autoencoder makes of them, all of one length;
    styles: (entry, style), whether it is one of a style's;
    prices: (entry, style), by how much it must be nearer than others to be played in a style.
    """

    planes: Tensor
    latents: Tensor
    styles: Tensor
    prices: Tensor

    def nearest(
        self,
        latents: Tensor,
        style: Tensor,
        rhythm: Tensor | None = None,
        held: Tensor | None = None,
        firm: bool = False,
        lift: int = 0,
        left: Tensor | None = None,
        near: Tensor | None = None,
        chord: Tensor | None = None,
    ) -> Tensor:
        """The entries nearest to latents (cell, latent), of those of a style -> (cell,).

        `style` is one-hot, (style,) or (cell, style); where it is all zero any entry will do. As all
        latents are of one length, the nearest has the greatest inner product, of which an entry's price
        is taken. `rhythm`, (cell, step), says where notes began in the cell's place a bar ago: each
        step at which an entry differs from it costs `HABIT` of that product, `FIRM_HABIT` where habits
        are `firm`. Where none began it has no say. `held`, (pitch,) or (cell, pitch),
        says what sounds until the cell begins: an entry that holds on others, and sounds no two notes at
        once or begins none, would be silent where it should sound, and is not taken. `lift` is how many
        semitones above the entries what is played is heard, since the song is in another key: people keep
        their register, so an entry that leaves it when it is lifted costs `LEAN`, see `farther`. `left`,
        (12,), are pitch classes, in the entries' key, from the lowest pitch up, that the role shall leave:
        an entry that sounds them alone is not taken. `near`, (cell,), is the height, as `heights` has it, of
        what the role played right before, NaN where that has no say: each semitone by which an entry lies
        farther from it than `STEP` costs `LEAP`. `chord`, (cell, 12), is for how long others sound each pitch
        class, from the lowest pitch up: an entry costs `CLASH` times the share of the time that it sounds what
        they do not, and `ROOT` times that in which it does not sound their root, see `roots`.
        """
        with torch.autocast(latents.device.type, enabled=False):
            price, foreign, lean = self._standing(style.float(), lift)
            likeness = latents.float() @ self.latents.T - price
            if rhythm is not None:
                heard = rhythm.float().any(1)[:, None]
                differs = torch.cdist(rhythm.float(), self.rhythms, p=1.0)
                likeness = likeness - (FIRM_HABIT if firm else HABIT) * differs * heard
            if lift:
                likeness = likeness - lean
            if near is not None:
                far = (self.heights - near[:, None]).abs() - STEP
                likeness = likeness - LEAP * far.clamp(min=0).nan_to_num(0.0)
            if chord is not None:
                dear = CLASH * (chord == 0).float() + ROOT * (1 - roots(chord))
                likeness = likeness - chord.any(-1, keepdim=True) * (dear @ self.shares.T)
            if held is not None:
                unheard = held.float() @ self.ties.T == 0
                foreign = foreign | (unheard & self.hold_alone)
            if left is not None:
                beyond = (self.classes & ~left.bool()).any(1)
                foreign = foreign | (self.classes.any(1) & ~beyond)
        return likeness.masked_fill(foreign, -torch.inf).argmax(1)

    def _standing(self, style: Tensor, lift: int) -> tuple[Tensor, Tensor, Tensor]:
        """What does not depend on the cell: prices, who is of no such style, and what a lift costs.

        A song asks for the same at each cell, so what was asked for is kept.
        """
        asked = (style.device, tuple(style.tolist()), lift) if style.ndim == 1 else None
        if asked in self._asked:
            return self._asked[asked]
        among = torch.cat([style, 1 - style.sum(-1, keepdim=True)], -1)
        found = (
            style @ self.prices.T,
            style @ (~self.styles).float().T > 0,
            LEAN * (among @ self.farther(lift).T),
        )
        if asked is not None:
            if len(self._asked) >= KEPT:
                self._asked.clear()
            self._asked[asked] = found
        return found

    @cached_property
    def _asked(self) -> dict[object, tuple[Tensor, Tensor, Tensor]]:
        return {}

    def farther(self, lift: int) -> Tensor:
        """How much farther from its register an entry is when all is lifted, (entry, style + 1).

        The register is that of each style's entries, and in the last column of all; the unit is how far
        from it they are in the mean. So much falls the logarithm of Laplace's law of heights, less what it falls
        in the mean, so that rests are as likely as in C. It is bounded: no entry is played for lying farther on
        the other side. 0 for drums, and where nothing sounds.
        """
        heights, spreads = self._registers
        falls = ((heights + lift).abs() - heights.abs()) / spreads.clamp(min=1)
        return (falls - falls.nanmean(0)).nan_to_num(0.0)

    @cached_property
    def heights(self) -> Tensor:
        """See `heights`, (entry,)."""
        return heights(self.planes)

    @cached_property
    def _registers(self) -> tuple[Tensor, Tensor]:
        """Semitones by which an entry lies above those of its style, (entry, style + 1), and their mean."""
        sounds = self.heights.isfinite()
        every = torch.ones(len(sounds), 1, dtype=torch.bool, device=sounds.device)
        of = torch.cat([self.styles > 0, every], 1) & sounds[:, None]
        shares = of / of.sum(0).clamp(min=1)
        means = self.heights.nan_to_num(0.0)
        apart = means[:, None] - means @ shares
        return apart.where(of, torch.nan), (apart.abs() * shares).sum(0)

    @cached_property
    def ties(self) -> Tensor:
        """What is held on from before, (entry, pitch); of drums, which have no sustain, nothing."""
        if self.planes.shape[1] == 1:
            return torch.zeros_like(self.planes[:, 0, 0], dtype=torch.float32)
        return self.planes[:, 1, 0].float()

    @cached_property
    def classes(self) -> Tensor:
        """Which of the twelve pitch classes sound, (entry, 12), from the lowest pitch up."""
        return class_steps(self.planes) > 0

    @cached_property
    def shares(self) -> Tensor:
        """Of the steps at which each of the twelve pitch classes sounds, all together, (entry, 12)."""
        counts = class_steps(self.planes)
        return counts / counts.sum(1, keepdim=True).clamp(min=1)

    @cached_property
    def hold_alone(self) -> Tensor:
        """Whether what is held on from before is all that sounds there, (entry,)."""
        single = (self.planes > 0).any(1).sum(2).amax(1) <= 1
        return self.ties.any(1) & (single | ~self.rhythms.any(1))

    @cached_property
    def rhythms(self) -> Tensor:
        """Whether notes begin, (entry, step)."""
        return self.planes[:, 0].any(2).float()


def class_steps(planes: Tensor) -> Tensor:
    """At how many steps of cells (cell, plane, step, pitch) each pitch class sounds, (cell, 12).

    From the lowest pitch up; of two pitches of a class each counts.
    """
    steps = (planes > 0).any(1).sum(1).float()  # cell, pitch
    return torch.stack([steps[:, first::12].sum(1) for first in range(12)], 1)


def roots(chord: Tensor) -> Tensor:
    """The root of pitch classes that sound for so long, (cell, 12), as one of twelve, (cell, 12).

    It is that of the major or minor triad that most of the time goes to.
    """
    classes = torch.arange(12, device=chord.device)
    triads = torch.zeros(24, 12, device=chord.device)
    for third, rows in ((4, triads[:12]), (3, triads[12:])):
        for step in (0, third, 7):
            rows[classes, (classes + step) % 12] = 1
    found = (chord.float() @ triads.T).argmax(1) % 12
    return torch.nn.functional.one_hot(found, 12).float()


def heights(planes: Tensor) -> Tensor:
    """Mean pitch of what sounds in cells (cell, plane, step, pitch), from the lowest up, (cell,).

    Each pitch counts once. NaN of drums, and where nothing sounds.
    """
    sounding = (planes > 0).any(1).any(1).float()  # cell, pitch
    if planes.shape[1] == 1:
        return torch.full((len(planes),), torch.nan, device=planes.device)
    return (
        sounding @ torch.arange(sounding.shape[1], device=planes.device).float() / sounding.sum(1)
    )


def kinds(planes: Tensor, lasting: bool = False) -> Tensor:
    """Of what kind cells (cell, plane, step, pitch) are, (cell,), a number below `KINDS`.

    Two cells are of one kind if notes begin at the same steps, as many sound at once, at most, and both or
    neither have a note from outside their scale; where it counts how they are `lasting`, not that but at
    how many steps something sounds, and whether something is held on from before.
    """
    begun = (planes[:, 0] > 0).any(2)
    rhythm = (begun * 2 ** torch.arange(begun.shape[1], device=planes.device)).sum(1)
    sounding = (planes > 0).any(1)
    if lasting:
        sounds = sounding.any(2)
        return (rhythm * (STEPS + 1) + sounds.sum(1)) * 2 + (sounds[:, 0] & ~begun[:, 0])
    thickness = sounding.sum(2).amax(1).clamp(max=THICKEST)
    foreign = torch.zeros_like(rhythm)
    if planes.shape[1] == 2:
        outside = [pitch % 12 not in SCALE for pitch in range(sounding.shape[2])]
        foreign = sounding[..., outside].flatten(1).any(1).long()
    return (rhythm * (THICKEST + 1) + thickness) * 2 + foreign
