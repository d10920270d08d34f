"""Which timbre of a synth plays whom: as it was asked for, or the nearest to a program."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from musegan.errors import UsageError
from musegan.music.timbres import nearest_timbre
from musegan.music.trackname import fitting


class Castable(Protocol):
    """A voice of a song, or a part of a band."""

    @property
    def name(self) -> str:
        """Of its track; may be empty."""

    @property
    def program(self) -> int:
        """Of General MIDI."""

    @property
    def drums(self) -> bool:
        """Whether its keys are a kit's."""

    @property
    def bent(self) -> bool:
        """Whether its pitch is bent anywhere."""


Casting = Callable[[Sequence[Castable]], Sequence[str | None]]  # a timbre a voice; None: nobody's


@dataclass(frozen=True)
class Wish:
    """A timbre that was asked for."""

    timbre: str
    track: str = ""  # whose: a number from 1, or a part of a name; empty: all


@dataclass(frozen=True)
class Seat:
    """A part that the synth plays, and the SoundFont's instrument that it is as loud as."""

    timbre: str
    program: int
    lowest: int
    highest: int


def wish_of(text: str, known: Sequence[str], noun: str = "track") -> Wish:
    """What "TIMBRE" or "TRACK=TIMBRE" asks for. Raises UsageError for a timbre that is not known."""
    track, equals, timbre = text.rpartition("=")
    timbre = "-".join(timbre.lower().split())
    if timbre not in known or (equals and not track.strip()):
        raise UsageError(
            f"--timbre {text}: expected TIMBRE or {noun.upper()}=TIMBRE; this synth's are {', '.join(known)}"
        )
    return Wish(timbre, track.strip())


def cast(
    voices: Sequence[Castable], wishes: Sequence[Wish], known: Sequence[str], noun: str = "track"
) -> list[str | None]:
    """The timbre of each voice; None: the SoundFont plays it.

    That of a wish for its track, or for all, else the nearest to its program. Drums are nobody's;
    nor is what bends its pitch, which a synth cannot, unless it is asked for. Of several wishes for
    a track the last holds.

    Raises UsageError where there is no such track.
    """
    general = [wish.timbre for wish in wishes if not wish.track][-1:]
    found: list[str | None] = []
    for voice in voices:
        if voice.drums or voice.bent:
            found.append(None)
        elif general:
            found.append(general[0])
        else:
            found.append(nearest_timbre(voice.program, known))
    for wish in wishes:
        if wish.track:
            for index in tracks_of(voices, wish.track, noun):
                found[index] = wish.timbre
    return found


def tracks_of(voices: Sequence[Castable], wanted: str, noun: str = "track") -> list[int]:
    """The voices that a user means by a number from 1, or by a name or a part of it.

    Raises UsageError where none fits.
    """
    pitched = [index for index, voice in enumerate(voices) if not voice.drums]
    found = fitting({index: voices[index].name for index in pitched}, wanted)
    if not found:
        listed = ", ".join(f"{i + 1} {voices[i].name or '(no name)'}" for i in pitched) or "none"
        raise UsageError(f"--timbre: no {noun} {wanted!r}; the {noun}s with pitches are: {listed}")
    return found
