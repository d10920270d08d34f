"""Which tracks of a file play the parts of a band: as a user says, as `compose` named them, or by look.

What a user says is a list of words, PART or PART=TRACK: "piano", "piano=3", "drums=Kit". A track is
known by its number, from 1, or by (part of) its name.
"""

from collections.abc import Collection, Mapping, Sequence

from symusic.core import ScoreTick

from musegan.errors import ConfigError, UsageError
from musegan.music.band import PARTS, ROLES, Role, cast, notes_of_track, role_of_track
from musegan.music.melody import find_track, melody_track, pitched_tracks
from musegan.music.trackname import fitting, is_number

Wanted = Mapping[Role, str | None]  # the track of a part; None: found by itself
Players = dict[Role, list[int]]  # indices of `score.tracks`


def read_wanted(words: Sequence[str]) -> dict[Role, str | None]:
    """The words PART or PART=TRACK -> which track plays each part. Raises ConfigError."""
    wanted: dict[Role, str | None] = {}
    names = ", ".join(role.value for role in ROLES)
    for word in words:
        part, equals, track = (text.strip() for text in word.partition("="))
        if part.lower() not in {role.value for role in ROLES}:
            raise ConfigError(f"given={word}: choose from {names}, as PART or PART=TRACK")
        role = Role(part.lower())
        if role in wanted:
            raise ConfigError(f"given={word}: {role.value} is given twice")
        if equals and not track:
            raise ConfigError(f"given={word}: name a track after the =, by its number or name")
        wanted[role] = track or None
    return wanted


def find_given(score: ScoreTick, wanted: Wanted, melody: str | None = None) -> tuple[int, Players]:
    """The melody's track, and the tracks of the parts that a file is said to hold.

    A part is in the last track that has its title, as `compose` gives it, and its neighbours of that
    name (the hands of a piano), else where `cast` finds it.
    `melody` names the melody's track; where it is None the melody is found among the tracks that
    are not named for a part. Where no tune is left, the melody is in a part: the two have a track in
    common.

    Raises:
        UsageError: a track or a part is not there; it lists the tracks.
        MidiError: the file has no notes, or drums alone.
    """
    players = {role: tracks_named(score, role, name) for role, name in wanted.items() if name}
    for role in (role for role, name in wanted.items() if not name):
        titled = _last_neighbours(_titled(score, role))
        if titled and not {*titled} & {index for tracks in players.values() for index in tracks}:
            players[role] = titled
    named = {index for tracks in players.values() for index in tracks}
    _check_apart(score, players)
    if melody is not None:
        lead = find_track(score, melody)
    else:
        rest = set(pitched_tracks(score)) - named
        lead = melody_track(score, without=named if rest else ())
    looks = cast(score, lead)
    for role in [role for role in wanted if role not in players]:
        found = [index for index in looks.get(role, []) if index not in named]
        if not found and _plays(score, lead, role) and set(pitched_tracks(score)) <= {lead, *named}:
            found = [lead]
        if not found:
            raise UsageError(
                f"no track plays the {role.value}; say which with {role.value}=TRACK; "
                f"the melody is {_called(score, lead)}; {_listed(score)}"
            )
        players[role] = found
    return lead, {role: players[role] for role in ROLES if role in players}


def remarks_on(
    score: ScoreTick, lead: int, given: Collection[Role], roles: Collection[Role], *, named: bool
) -> list[str]:
    """What a user should know of a file's tracks: which one is the melody, which parts it has already.

    `named` is whether the user said which track the melody is; `roles` are the parts to be written.
    """
    told = []
    if not named and len(pitched_tracks(score)) > 1:
        told.append(f"the melody is {_called(score, lead)}; --melody-track takes another")
    there = [role for role in cast(score, lead) if role in roles and role not in given]
    if there:
        names = [role.value for role in there]
        told.append(
            f"the file has {' and '.join(', '.join(names).rsplit(', ', 1))} already and gets more; "
            f"--given {','.join(names)} keeps to what is there"
        )
    return told


def find_band(score: ScoreTick, wanted: Wanted) -> dict[Role, int]:
    """The tracks of the band in what `compose` wrote: {role: index of `score.tracks`}.

    They are the last tracks of a file, in the order of the roles, and called by their titles. Where
    the file was saved by another program since, the last track of a title is the part. `wanted`
    names tracks that are called otherwise.

    Raises UsageError where there is none, or a named one is not there; it lists the tracks.
    """
    band = {role: tracks_named(score, role, name)[-1] for role, name in wanted.items() if name}
    played = [index for index, track in enumerate(score.tracks) if len(track.notes)]
    owners = {index: role for role in ROLES for index in _titled(score, role)}
    titled = {index: owners.get(index) for index in played}
    last: list[tuple[Role, int]] = []
    for index in reversed(played):
        role = titled[index]
        if role is None or (last and ROLES.index(role) >= ROLES.index(last[-1][0])):
            break
        last.append((role, index))
    anywhere = [(role, index) for index, role in reversed(titled.items()) if role is not None]
    taken = set(band.values())
    for role, index in last or anywhere:
        if role not in band and index not in taken:
            band[role] = index
    for role in (role for role, name in wanted.items() if not name and role not in band):
        raise UsageError(
            f"no track is called {PARTS[role].title}; say which plays the {role.value} with "
            f"{role.value}=TRACK; {_listed(score)}"
        )
    if not band:
        titles_of = ", ".join(PARTS[role].title for role in ROLES)
        raise UsageError(
            f"no track of a band is there, called {titles_of}; give what compose wrote, or say "
            f"which track plays what with --given PART=TRACK; {_listed(score)}"
        )
    return {role: band[role] for role in ROLES if role in band}


def has_band(score: ScoreTick, tracks: Collection[str]) -> bool:
    """Whether a file looks like what `compose` wrote for `tracks`, names of roles.

    That is, by its titles: two parts at least at its end, or just those of `tracks`. One alone may
    be a player's own.
    """
    try:
        found = find_band(score, {})
    except UsageError:
        return False
    names = {role.value for role in found}
    return len(names) > 1 or names == set(tracks)


def tracks_named(score: ScoreTick, role: Role, wanted: str) -> list[int]:
    """The tracks that a user names for a part: one by its number, or all of a name.

    A whole name goes before a part of one. Raises UsageError, which lists the tracks.
    """
    played = [
        index
        for index, track in enumerate(score.tracks)
        if len(track.notes) and (role is Role.DRUMS or not track.is_drum)
    ]
    found = fitting({index: score.tracks[index].name for index in played}, wanted)
    if not found and is_number(wanted):
        raise UsageError(f"the {role.value} cannot be in a track {wanted}; {_listed(score)}")
    if not found:
        raise UsageError(f"no track for the {role.value} is named {wanted!r}; {_listed(score)}")
    return found


def _titled(score: ScoreTick, role: Role) -> list[int]:
    """The tracks that are called as `compose` calls a part's.

    None where all tracks have one name, as in a file of format 0: then it tells nothing.
    """
    title = PARTS[role].title.lower()
    names = [track.name for track in score.tracks if len(track.notes)]
    if len(names) > 1 and len(set(names)) == 1:
        return []
    return [
        index
        for index, track in enumerate(score.tracks)
        if track.name.strip().lower() == title
        and len(track.notes)
        and track.is_drum == (role is Role.DRUMS)
    ]


def _last_neighbours(tracks: Sequence[int]) -> list[int]:
    """The last of some tracks, and those right before it that are of them, too."""
    return [t for t in tracks if {*range(t, tracks[-1])} <= {*tracks}]


def _check_apart(score: ScoreTick, players: Players) -> None:
    owners: dict[int, Role] = {}
    for role, tracks in players.items():
        for index in tracks:
            if index in owners:
                raise UsageError(
                    f"{_called(score, index)} cannot be both {owners[index].value} and "
                    f"{role.value}; {_listed(score)}"
                )
            owners[index] = role


def _plays(score: ScoreTick, index: int, role: Role) -> bool:
    track = score.tracks[index]
    return role_of_track(track.name, track.program, track.is_drum, notes_of_track(track)) is role


def _called(score: ScoreTick, index: int) -> str:
    return f"track {index + 1} {score.tracks[index].name.strip() or '(no name)'}"


def _listed(score: ScoreTick, without: Collection[int] = ()) -> str:
    """The tracks with notes, numbered as users number them."""
    names = [
        f"{index + 1} {track.name.strip() or '(no name)'}{' (drums)' if track.is_drum else ''}"
        for index, track in enumerate(score.tracks)
        if len(track.notes) and index not in without
    ]
    return f"the tracks are: {', '.join(names)}"
