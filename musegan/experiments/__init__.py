"""The composition root: an experiment -> players, moves, batches, and what it leaves behind.

The only room that knows models, data and trainer at once.
"""

import torch

from musegan.config import (
    Experiment,
    ImageExperiment,
    JudgeExperiment,
    PeerExperiment,
    SoundExperiment,
    SoundJudgeExperiment,
    SynthExperiment,
    TouchExperiment,
)
from musegan.experiments.built import Built

__all__ = ["Built", "build"]


def build(experiment: Experiment) -> Built:
    """Make everything that one training run needs; its data are read here.

    Raises:
        CorpusError: the data are missing.
        CheckpointError: weights to begin with, or the autoencoders of a band, are missing.
    """
    torch.manual_seed(experiment.seed)
    if isinstance(experiment, ImageExperiment):  # imported here: a band needs none of it, nor waits
        from musegan.experiments.images import build_images

        return build_images(experiment)
    if isinstance(experiment, JudgeExperiment):
        from musegan.experiments.judging import build_judge

        return build_judge(experiment)
    if isinstance(experiment, SoundExperiment):
        from musegan.experiments.sounds import build_sounds

        return build_sounds(experiment)
    if isinstance(experiment, SoundJudgeExperiment):
        from musegan.experiments.listening import build_sound_judge

        return build_sound_judge(experiment)
    if isinstance(experiment, SynthExperiment):
        from musegan.experiments.synths import build_synth

        return build_synth(experiment)
    if isinstance(experiment, TouchExperiment):
        from musegan.experiments.touches import build_touch

        return build_touch(experiment)
    if isinstance(experiment, PeerExperiment):
        from musegan.experiments.peers import build_peer

        return build_peer(experiment)
    from musegan.experiments.band import build_music

    return build_music(experiment)
