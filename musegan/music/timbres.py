"""Which timbre of a synth plays a program of General MIDI: the nearest that it has."""

from collections.abc import Collection

# From the first program on, up to the next row's: timbres, the nearest first; none: no synth has it.
FAMILIES: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("piano", "electric-piano")),
    (4, ("electric-piano", "piano", "vibraphone")),
    (6, ("piano", "electric-piano")),  # harpsichord
    (7, ("electric-piano", "piano")),  # clavinet
    (8, ("vibraphone", "electric-piano", "piano")),  # mallets and bells
    (15, ("steel-guitar", "nylon-guitar", "piano")),  # dulcimer
    (16, ("organ",)),  # and accordions
    (24, ("nylon-guitar", "steel-guitar")),
    (25, ("steel-guitar", "nylon-guitar")),  # electric ones, too
    (32, ("acoustic-bass", "electric-bass")),
    (33, ("electric-bass", "acoustic-bass")),
    (40, ("violin", "strings")),  # and viola
    (42, ("strings", "violin")),  # cello, contrabass, tremolo
    (45, ("nylon-guitar", "steel-guitar", "piano")),  # pizzicato, harp
    (47, ()),  # timpani
    (48, ("strings", "violin")),  # ensembles and choirs
    (55, ()),  # an orchestra's hit
    (56, ("trumpet", "saxophone")),  # brass
    (64, ("saxophone", "trumpet", "flute")),  # reeds
    (72, ("flute", "saxophone")),  # pipes
    (80, ("saxophone", "flute", "trumpet")),  # synthesizers' leads
    (88, ("strings", "organ")),  # and their pads
    (96, ()),  # effects
    (104, ("steel-guitar", "nylon-guitar")),  # sitar, banjo, shamisen, koto
    (108, ("vibraphone",)),  # kalimba
    (109, ("saxophone", "trumpet", "flute")),  # bagpipe
    (110, ("violin", "strings")),  # fiddle
    (111, ("saxophone", "trumpet", "flute")),  # shanai
    (112, ()),  # bells, drums and cymbals
    (114, ("vibraphone",)),  # steel drums
    (115, ()),  # wood blocks to gunshots
)


# Timbres whose notes go on for as long as they are held
SUSTAINED = frozenset({"organ", "violin", "strings", "trumpet", "saxophone", "flute"})


def nearest_timbre(program: int, known: Collection[str]) -> str | None:
    """The timbre, of those that a synth knows, that comes nearest to a program; None: none does."""
    family = [names for first, names in FAMILIES if first <= program][-1]
    return next((name for name in family if name in known), None)
