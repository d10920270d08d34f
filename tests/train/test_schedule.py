import pytest

from musegan.train.schedule import constant, cosine, linear, product, warmup


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (constant(0.5), {0: 0.5, 9: 0.5}),
        (warmup(4), {0: 0.25, 1: 0.5, 3: 1, 100: 1}),
        (warmup(0), {0: 1}),
        (cosine(100), {0: 1, 50: 0.5, 100: 0, 300: 0}),
        (cosine(100, end=0.2), {0: 1, 50: 0.6, 100: 0.2, 101: 0.2}),
        (linear(10, end=0.5, hold=6), {0: 1, 6: 1, 8: 0.75, 10: 0.5, 11: 0.5}),
        (product(warmup(2), linear(10)), {0: 0.5, 1: 0.9, 5: 0.5}),
    ],
)
def test_schedules_at_rounds_known_by_hand(schedule, values):
    assert [schedule(round) for round in values] == pytest.approx(list(values.values()))
