"""Who plays on which channel, and with which sound."""

from musegan.live.lineup import CHANNELS, METRONOME, PLAYER, TITLES, settings
from musegan.music.band import PARTS, ROLES, Role


def test_no_two_share_a_channel_and_drums_have_theirs():
    channels = [PLAYER, METRONOME, *CHANNELS.values()]
    assert len(set(channels)) == len(channels)
    assert CHANNELS[Role.DRUMS] == 9


def test_each_role_gets_its_program_and_the_player_one_where_it_sounds_here():
    sent = set(settings(thru=False))
    assert {bytes([0xC0 | CHANNELS[role], PARTS[role].program]) for role in ROLES} <= sent
    assert bytes([0xC0 | PLAYER, 0]) not in sent
    assert bytes([0xC0 | PLAYER, 0]) in set(settings(thru=True))


def test_a_recording_has_a_title_for_each_but_the_metronome():
    assert set(TITLES) == {PLAYER, *CHANNELS.values()}
