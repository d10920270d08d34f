"""Scoring: a band's parts written as tracks of a MIDI file, on channels that the file leaves free."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from musegan.music import smf
from musegan.music.arrangement import END, START, Notes
from musegan.music.band import DRUM_CHANNEL, PARTS, Role
from musegan.music.channels import Seat, channel_use, find_seats
from musegan.music.grid import Grid
from musegan.music.midi import AddedTrack, parse
from musegan.music.playing import in_ticks


class Manner(NamedTuple):
    """How a band was asked to play: what its tracks say of themselves, so that it can go on so."""

    style: str
    on_grid: bool

    def __str__(self) -> str:
        return f"musegan: style {self.style}{', on the grid' * self.on_grid}"


def manner_in(data: bytes) -> Manner | None:
    """What the last track of a band in a file says; None where none says anything."""
    for body in reversed(parse(data).tracks):
        for tick, message in smf.decode(body, 0, len(body))[0]:
            if tick:
                break
            if message[:2] == bytes([0xFF, smf.TEXT]):
                text = smf.meta_content(message).decode(errors="replace")
                if found := re.fullmatch(r"musegan: style (.+?)(, on the grid)?", text):
                    return Manner(found[1], found[2] is not None)
    return None


def band_tracks(
    band: Mapping[Role, Notes],
    grid: Grid,
    data: bytes,
    delays: Mapping[Role, npt.NDArray[np.float64]] = MappingProxyType({}),
    manner: Manner | None = None,
) -> tuple[list[AddedTrack], list[str]]:
    """The band's parts as MIDI tracks in the song's ticks, and what to tell the user of them.

    Drums that meet drums leave their channel the kit that it has. `delays` are those of notes, (note,) in
    steps by role; others lie on the grid. Each track says the `manner`, where it is given.
    """
    text = "" if manner is None else str(manner)
    file = parse(data)
    pitched = [role for role in band if role is not Role.DRUMS]
    seats: dict[Role, Seat] = {Role.DRUMS: Seat(DRUM_CHANNEL)}
    seats.update(zip(pitched, find_seats(file, len(pitched)), strict=True))
    has_drums = DRUM_CHANNEL in channel_use(file)
    tracks = []
    for role, part in band.items():
        notes = in_ticks(part, grid, delays.get(role))
        notes = notes[notes[:, END] > notes[:, START]]
        title, seat = PARTS[role].title, seats[role]
        program = None if role is Role.DRUMS and has_drums else PARTS[role].program
        tracks.append(AddedTrack(title, program, seat.channel, notes, seat.others, text))
    return tracks, list(_shared(seats))


def _shared(seats: Mapping[Role, Seat]) -> Iterator[str]:
    """What to tell the user about parts that share their channel."""
    shared = {role: seat for role, seat in seats.items() if seat.others is not None}
    names = ", ".join(PARTS[role].title for role in shared)
    channels = ", ".join(str(n + 1) for n in sorted({seat.channel for seat in shared.values()}))
    if any(seat.others for seat in shared.values()):
        yield f"all channels are in use: {names} share {channels} with tracks of the file"
    elif shared:
        yield f"channels run out: {names} share channel {channels}"
