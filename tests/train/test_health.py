"""The rules of health on histories written by hand."""

from dataclasses import replace

import pytest

from musegan.config.health import Health
from musegan.errors import ConfigError
from musegan.train.health import Course, signs_of, suspects

LIMITS = Health(every=100, patience=3, young=0)


def course(*values, name="health/accuracy", first=1000, **others):
    """A history of looks a hundred rounds apart, of one measure; `others` stay as they are."""
    lines = [
        {"round": first + 100 * index, name: value, **others} for index, value in enumerate(values)
    ]
    return Course(lines, LIMITS, rounds=5000)


def names(found):
    return [sign.name for sign in found]


def test_a_critic_that_is_nearly_always_right_has_won_once_it_lasts():
    assert signs_of(course(0.9, *[0.99] * 5)) == []  # a tenth of the run is five looks
    (sign,) = signs_of(course(0.9, *[0.99] * 5, 0.994))
    assert (sign.name, sign.since) == ("won", 1100)
    assert sign.words == "the critic has won: it tells 99.4 % of samples"


def test_one_look_that_shows_nothing_breaks_the_row():
    assert signs_of(course(*[0.99] * 5, 0.9, *[0.99] * 5)) == []
    (sign,) = signs_of(course(*[0.99] * 5, 0.9, *[0.99] * 6))
    assert sign.since == 1600


def test_looks_before_a_sign_was_answered_do_not_count_again():
    lasting = course(*[0.99] * 9)
    assert signs_of(lasting, {"won": 1300}) == []
    assert names(signs_of(lasting, {"won": 1200})) == ["won"]
    assert names(signs_of(lasting, {"overfit": 1300})) == ["won"]


def test_a_sign_is_suspected_before_it_counts():
    assert suspects(course(0.9, 0.99))
    assert not suspects(course(0.99, 0.9))


def test_a_critic_may_win_while_the_generator_is_young():
    young = course(*[1.0] * 3, first=200)
    assert young.early and not suspects(young)
    later = course(*[1.0] * 3, first=600)._replace(rounds=5)
    assert not later.early
    assert later._replace(limits=replace(LIMITS, young=1000)).early


def test_a_critic_that_is_meant_to_be_right_may_be():
    assert signs_of(course(*[1.0] * 9)._replace(may_win=True)) == []


def test_a_critic_of_pairs_has_won_by_its_loss_alone():
    assert signs_of(course(*[1.0] * 9)._replace(paired=True)) == []
    lines = [
        {"round": 200 * i + 200, "health/accuracy": 1.0, "critic/adversarial": 0.002}
        for i in range(9)
    ]
    lost = course(*[1.0] * 9)._replace(paired=True, lines=lines)
    (sign,) = signs_of(lost)
    assert sign.words == "the critic has won: its loss is 0.002"


def test_a_critic_without_a_loss_has_won():
    idle = {"critic/adversarial": 0.003}
    (sign,) = signs_of(course(*[0.93] * 6, **idle))
    assert sign.words == "the critic has won: its loss is 0.003"
    assert signs_of(course(*[0.6] * 6, **idle)) == []
    assert signs_of(course(*[0.93] * 6, **{"critic/adversarial": -0.003})) == []
    octaves = {"critic/adversarial_octave0": 1.2, "critic/adversarial_octave1": 0.004}
    (sign,) = signs_of(course(*[0.93] * 6, **octaves))  # games that are played at once
    assert sign.words == "the critic has won: its loss is 0.004"
    assert signs_of(course(*[0.93] * 6, **{"generator/adversarial": 0.003})) == []


def test_a_generator_whose_gradient_goes_to_nothing_is_told():
    name = "health/generator_norm"
    (sign,) = signs_of(course(*[2.0] * 5, *[1e-3] * 3, name=name))
    assert sign.name == "vanished"
    assert sign.words == "the generator learns nothing: the norm of its gradient is 0.001, was 2"
    assert signs_of(course(*[2.0] * 5, *[0.1] * 3, name=name)) == []
    assert signs_of(course(*[2.0] * 5, *[1e-3] * 3, name="health/critic_norm")) == []


def test_a_critic_that_is_steeper_at_fakes_than_at_reals_is_told():
    (sign,) = signs_of(
        course(*[50.0] * 3, name="health/fake_gradient", **{"health/real_gradient": 2.0})
    )
    assert sign.name == "asymmetry"
    assert "its squared gradient there is 25 times that at real ones" in sign.words
    level = course(*[19.0] * 3, name="health/fake_gradient", **{"health/real_gradient": 2.0})
    assert signs_of(level) == []


def test_a_critic_that_knows_its_samples_by_heart_is_told():
    (sign,) = signs_of(course(*[0.7] * 3, name="health/gap", **{"health/pairs": 0.95}))
    assert sign.name == "overfit"
    assert "those held out fall 70 % of the way" in sign.words
    assert signs_of(course(*[0.3] * 3, name="health/gap", **{"health/pairs": 0.95})) == []
    blind = course(*[0.7] * 3, name="health/gap", **{"health/pairs": 0.6})
    assert signs_of(blind) == []  # what tells nothing apart has no gap, only noise


@pytest.mark.parametrize(
    ("name", "healthy", "ill", "words"),
    [
        ("health/coverage", 0.6, 0.2, "coverage is 20 %, was 60 %"),
        ("health/spread", 0.9, 0.4, "they lie 40 % as far apart as real ones"),
        ("health/modes", 0.2, 0.9, "their histogram is 0.9 nats off, was 0.2"),
    ],
)
def test_samples_that_lose_their_variety_are_told(name, healthy, ill, words):
    assert signs_of(course(*[healthy] * 6, name=name)) == []
    (sign,) = signs_of(course(*[healthy] * 3, *[ill] * 3, name=name))
    assert sign.name == "mode loss"
    assert words in sign.words


def test_samples_that_never_had_variety_have_not_lost_it_but_must_have_it_by_half_time():
    assert signs_of(course(0.01, 0.15, *[0.02] * 3, name="health/coverage")) == []
    for name, value in (("health/spread", 0.2), ("health/twins", 0.9)):
        assert signs_of(course(*[value] * 6, name=name)) == []
        (sign,) = signs_of(course(*[value] * 6, name=name, first=2300))
        assert (sign.name, sign.since) == ("mode loss", 2600)


def test_a_best_figure_that_is_long_ago_is_told_if_the_last_is_worse():
    figures = [60.0, 30.0, *[34.0] * 20]
    old = course(*figures, name="fid")._replace(figure="fid")
    (sign,) = signs_of(old)
    assert sign.name == "age"
    assert sign.words == (
        "nothing has got better for 40 % of the run: fid is 34, was 30 at round 1,100"
    )
    level = course(60.0, 30.0, *[32.0] * 20, name="fid")._replace(figure="fid")
    assert signs_of(level) == []
    thinned = course(60.0, *[34.0] * 21, name="fid")._replace(figure="fid", best=(30.0, 1100))
    assert [sign.words for sign in signs_of(thinned)] == [sign.words]
    recent = course(*[60.0] * 20, 30.0, *[34.0] * 5, name="fid")._replace(figure="fid")
    assert signs_of(recent) == []


def test_each_of_several_duels_is_looked_at():
    lines = [
        {
            "round": 1000 + 100 * index,
            "health/critic_1/coverage": 0.6,
            "health/critic_2/coverage": 0.6 if index < 3 else 0.1,
        }
        for index in range(6)
    ]
    (sign,) = signs_of(Course(lines, LIMITS, 5000))
    assert sign.name == "mode loss"


def test_limits_are_settings():
    assert signs_of(course(*[0.9] * 3)) == []
    strict = course(*[0.9] * 3)._replace(limits=replace(LIMITS, accuracy=0.85, lasting=0.0))
    assert names(signs_of(strict)) == ["won"]
    with pytest.raises(ConfigError, match=r"health\.every=0"):
        Health(every=0)
