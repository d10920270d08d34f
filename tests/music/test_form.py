"""Tunes come back to their phrases, and end anew."""

from musegan.music.form import NEW, form_of


def test_the_first_phrase_comes_back_as_it_began_and_ends_anew():
    source = form_of(16, 0).tolist()
    kept = source[4:8].count(NEW)
    assert source[:4] == [NEW] * 4
    assert source[4:8] == [0, 1, 2, NEW] if kept == 1 else source[4:8] == [0, 1, NEW, NEW]
    assert source[8:12] == [NEW] * 4
    assert source[12:14] == [0, 1]
    assert source[15] == NEW


def test_a_second_part_has_a_phrase_of_its_own_and_comes_home():
    source = form_of(32, 1).tolist()
    assert source[16:20] == [NEW] * 4
    assert source[20:22] == [16, 17]
    assert source[24:26] == [8, 9]
    assert source[28:30] == [0, 1]


def test_only_earlier_bars_come_back_and_the_last_is_new():
    for bars in range(1, 40):
        for seed in range(5):
            source = form_of(bars, seed)
            assert len(source) == bars
            assert source[-1] == NEW
            assert all(of < bar for bar, of in enumerate(source.tolist()))


def test_the_seed_says_how_much_of_a_phrase_comes_back():
    assert len({tuple(form_of(16, seed).tolist()) for seed in range(20)}) > 1
