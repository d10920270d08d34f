"""Tracks in good form, prepared for reading: a copy that says what the track means.

Notes that nothing ends get an end, notes of no length come in the right order, impossible tempos,
metres and keys are left out, texts become UTF-8.
"""

from bisect import bisect_right

from musegan.music import smf
from musegan.music.smf import Event


def legible(body: bytes) -> bytes:
    """A track to read instead: each struck note ends; every tempo, metre, key and text is valid."""
    events, _, _ = smf.decode(body, 0, len(body))
    return smf.encode(_ended(_in_order(_without_nonsense(events))))


def _without_nonsense(events: list[Event]) -> list[Event]:
    kept: list[Event] = []
    for tick, message in events:
        if message[0] == 0xFF and message[1] != smf.END_OF_TRACK:
            content = smf.mended_meta(message[1], smf.meta_content(message))
            if content is not None:
                if content:
                    kept.append((tick, smf.meta(message[1], content)))
                continue
        kept.append((tick, message))
    return kept


def _in_order(events: list[Event]) -> list[Event]:
    """Let notes of no length be let go a tick after they are struck, not before.

    Programs that sort a tick's note-offs before its note-ons turn a note of no length round: its
    note-off ends nothing, and later in the same tick its note-on has nothing that ends it. Where a
    key is let go more often than struck, such note-offs are mere caution and stay.
    """
    balance: dict[tuple[int, int], int] = {}  # (channel, pitch) -> strikes less releases
    played = [(i, e[0], (e[1][0] & 15, e[1][1]), _strikes(e[1])) for i, e in enumerate(events)]
    for _, _, key, strikes in played:
        balance[key] = balance.get(key, 0) + strikes
    sounding: dict[tuple[int, int], int] = {}
    idle: dict[tuple[int, int], list[int]] = {}  # note-offs that end nothing
    turned: dict[int, int] = {}  # index of a note-on -> index of its note-off
    for index, tick, key, strikes in played:
        if strikes == 0 or balance[key] < 0:
            continue
        if strikes < 0 and sounding.get(key):
            sounding[key] -= 1
        elif strikes < 0:
            idle.setdefault(key, []).append(index)
        elif idle.get(key) and events[idle[key][-1]][0] == tick:
            turned[index] = idle[key].pop()
        else:
            sounding[key] = sounding.get(key, 0) + 1
    if not turned:
        return events
    moved = set(turned.values())
    result: list[Event] = []
    for index, event in enumerate(events[:-1]):
        if index not in moved:
            result.append(event)
        if index in turned:
            result.append((event[0] + 1, events[turned[index]][1]))
    result.sort(key=lambda event: event[0])
    return [*result, (max(result[-1][0], events[-1][0]), events[-1][1])]


def _strikes(message: bytes) -> int:
    """1 for a note that begins, -1 for one that ends, 0 for anything else."""
    kind = message[0] & 0xF0
    if kind not in (smf.NOTE_ON, smf.NOTE_OFF):
        return 0
    return 1 if kind == smf.NOTE_ON and message[2] else -1


def _ended(events: list[Event]) -> list[Event]:
    """Give each note-on without a note-off an end.

    It ends where its key is struck again later or let go by another's note-off, at the channel's
    next "all notes off" or "all sound off", or with the track, whichever is first.
    """
    ends: dict[int, list[bytes]] = {}  # index of an event -> note-offs that go before it
    waiting: dict[tuple[int, int], list[int]] = {}  # (channel, pitch) -> indices of note-ons
    strikes: dict[tuple[int, int], list[int]] = {}
    releases: dict[tuple[int, int], list[int]] = {}
    silences: dict[int, list[int]] = {}  # channel -> indices of "all notes off"
    for index, (_, message) in enumerate(events):
        kind, channel = message[0] & 0xF0, message[0] & 15
        if kind == smf.NOTE_ON and message[2]:
            waiting.setdefault((channel, message[1]), []).append(index)
            strikes.setdefault((channel, message[1]), []).append(index)
        elif kind in (smf.NOTE_ON, smf.NOTE_OFF):
            releases.setdefault((channel, message[1]), []).append(index)
            if waiting.get((channel, message[1])):
                waiting[channel, message[1]].pop()
        elif kind == smf.CONTROL and message[1] in (120, 123):
            silences.setdefault(channel, []).append(index)
    for key, left in waiting.items():
        struck_ticks = [events[index][0] for index in strikes[key]]
        for index in left:
            again = bisect_right(struck_ticks, events[index][0])  # not a unison in the same tick
            end = min(
                strikes[key][again] if again < len(struck_ticks) else len(events) - 1,
                _next(releases.get(key, []), index, len(events) - 1),
                _next(silences.get(key[0], []), index, len(events) - 1),
            )
            ends.setdefault(end, []).append(bytes([smf.NOTE_OFF | key[0], key[1], 64]))
    result: list[Event] = []
    for index, event in enumerate(events):
        result += [(event[0], off) for off in ends.get(index, ())]
        result.append(event)
    return result


def _next(indices: list[int], index: int, otherwise: int) -> int:
    """The first of the ascending `indices` that is past `index`."""
    place = bisect_right(indices, index)
    return indices[place] if place < len(indices) else otherwise
