"""A band's parts as tracks of a file."""

import io

import mido
import numpy as np

from musegan.music.band import Role
from musegan.music.grid import grid_of_metres
from musegan.music.midi import add_tracks
from musegan.music.scoring import Manner, band_tracks, manner_in


def empty_file():
    buffer = io.BytesIO()
    mido.MidiFile(ticks_per_beat=480, tracks=[mido.MidiTrack()]).save(file=buffer)
    return buffer.getvalue()


def test_a_band_says_in_what_manner_it_plays_and_is_read_again():
    grid = grid_of_metres([(0, 4, 4)], 1920 * 2, 480)
    band = {Role.BASS: np.array([[0, 8, 40, 80]])}
    data = empty_file()
    assert manner_in(data) is None
    for manner in (Manner("rock", False), Manner("pop", True)):
        tracks, _ = band_tracks(band, grid, data, manner=manner)
        data = add_tracks(data, tracks)
        assert manner_in(data) == manner  # of two bands the last one's
