"""Who of the band may be heard."""

from musegan.live.controls import Control
from musegan.live.mixer import Mixer
from musegan.music.band import ROLES, Role


def test_all_that_were_asked_for_are_heard_until_somebody_is_muted():
    mixer = Mixer(ROLES)
    assert mixer.playing == ROLES
    mixer.change(Control("mute", role=Role.BASS))
    assert Role.BASS not in mixer.playing
    mixer.change(Control("mute", role=Role.BASS))
    assert mixer.playing == ROLES


def test_a_controller_says_on_or_off_however_often():
    mixer = Mixer(ROLES)
    for _ in range(2):
        mixer.change(Control("mute", role=Role.BASS, on=False))
    assert Role.BASS not in mixer.playing
    mixer.change(Control("mute", role=Role.BASS, on=True))
    assert mixer.playing == ROLES


def test_a_solo_outweighs_mutes_and_moves_to_whom_it_is_given():
    mixer = Mixer(ROLES)
    mixer.change(Control("mute", role=Role.PIANO))
    mixer.change(Control("solo", role=Role.PIANO))
    assert mixer.playing == (Role.PIANO,)
    mixer.change(Control("solo", role=Role.BASS))
    assert mixer.playing == (Role.BASS,)
    mixer.change(Control("solo", role=Role.BASS))
    assert Role.PIANO not in mixer.playing


def test_nobody_is_called_in_who_was_not_asked_for():
    mixer = Mixer((Role.DRUMS,))
    mixer.change(Control("mute", role=Role.PIANO, on=True))
    assert mixer.playing == (Role.DRUMS,)
    mixer.change(Control("solo", role=Role.PIANO))
    assert mixer.playing == ()
