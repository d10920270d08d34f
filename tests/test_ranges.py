import math

import pytest

from musegan.config.band import BandExperiment
from musegan.config.health import Health
from musegan.config.images import ImageExperiment
from musegan.config.synth import SynthExperiment
from musegan.config.training import Training
from musegan.errors import ConfigError
from musegan.settings import override


@pytest.mark.parametrize(
    ("experiment", "assignment", "said"),
    [
        (
            ImageExperiment(),
            "train.gamma=-1",
            "train.gamma=-1 is out of range; allowed: at least 0",
        ),
        (ImageExperiment(), "train.last_rate=1.5", "train.last_rate=1.5 .* allowed: 0 to 1"),
        (ImageExperiment(), "train.warmup=-3", "train.warmup=-3 "),
        (ImageExperiment(), "train.beta2=1", "train.beta2=1 must be at least 0 and below 1"),
        (ImageExperiment(), "model.content=-2", "model.content=-2 "),
        (ImageExperiment(), "model.pace=0", "model.pace=0 .* allowed: at least 1"),
        (ImageExperiment(), "health.accuracy=97", "health.accuracy=97 .* allowed: 0 to 1"),
        (SynthExperiment(), "model.mel=-15", "model.mel=-15 "),
        (BandExperiment(), "band.live=2", "band.live=2 "),
        (BandExperiment(), "band.heads=0", "band.heads=0 .* allowed: at least 1"),
        (BandExperiment(), "cells.noise=-.1", "cells.noise=-0.1 "),
    ],
)
def test_a_number_out_of_its_range_is_named_with_what_is_allowed(experiment, assignment, said):
    with pytest.raises(ConfigError, match=said):
        override(experiment, assignment)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_in_no_range(value):
    with pytest.raises(ConfigError, match=r"train\.gamma"):
        Training(gamma=value)
    with pytest.raises(ConfigError, match=r"health\.worse"):
        Health(worse=value)


def test_the_ends_of_a_range_are_allowed():
    assert override(ImageExperiment(), "train.last_rate=1", "train.gamma=0").train.last_rate == 1
