"""GANs on sounds, and the judges of them, at sizes that a processor can train."""

from dataclasses import replace

from musegan.config import (
    JudgeModel,
    SoundData,
    SoundExperiment,
    SoundJudgeExperiment,
    SoundModel,
    Training,
)

# Spoken digits were recorded at 8 kHz, so a second of them has half of the paper's samples.
DIGITS = SoundData(rate=8_000, samples=8_192)

# Donahue et al. 2019 (arXiv:1802.04208), both, at a quarter of their widths. They have 1e-4
# throughout, for a hundred times as many rounds.
WASSERSTEIN = Training(
    loss="wasserstein",
    learning_rate=4e-4,
    last_rate=0.1,
    beta1=0.5,
    beta2=0.9,
    gamma=10.0,
    penalty_every=1,
    n_critic=5,
    batch_size=32,
    rounds=3_000,
    warmup=0,
    average=0.99,
)
# R3GAN's game for WaveGAN's networks: a round takes a fifth of the time.
QUICK = replace(
    WASSERSTEIN,
    loss="relativistic",
    learning_rate=5e-4,
    last_rate=0.25,
    beta1=0.0,
    beta2=0.99,
    gamma=5.0,
    n_critic=1,
    rounds=10_000,
    average=0.998,
)

# Sixteen roles of a drum kit, a second of each hit.
DRUMS = SoundData(source="drums", rate=24_000, samples=24_576, even=True, vary=True)
# R3GAN's game
RELATIVISTIC = Training(
    learning_rate=1e-3,
    last_rate=0.25,
    warmup=0,
    batch_size=16,
    rounds=20_000,
    gamma=50.0,
    penalty_every=1,
    mismatch=0.0,
    average=0.998,
)

SOUNDS = {
    "wavegan": SoundExperiment(
        name="wavegan",
        data=DIGITS,
        model=SoundModel(system="wavegan", latent=100, width=16, conditional=True),
        train=QUICK,
    ),
    # The paper's own sizes and game, for a GPU; SC09's words are longer and lower than spoken digits
    "wavegan-sc09": SoundExperiment(
        name="wavegan-sc09",
        data=SoundData(rate=16_000, samples=16_384),
        model=SoundModel(system="wavegan", latent=100, width=64),
        train=replace(
            WASSERSTEIN,
            learning_rate=1e-4,
            last_rate=1.0,
            batch_size=64,
            rounds=200_000,
            average=0.999,
        ),
    ),
    "specgan": SoundExperiment(
        name="specgan",
        data=DIGITS,
        model=SoundModel(system="specgan", latent=100, width=16, conditional=True),
        train=WASSERSTEIN,
    ),
    # The same task in R3GAN's game, with a head that is an inverse Fourier transform
    "istftgan": SoundExperiment(
        name="istftgan",
        data=DIGITS,
        model=SoundModel(system="istftgan", latent=64, width=128, conditional=True),
        train=RELATIVISTIC,
    ),
    # The same on drums
    "drums": SoundExperiment(
        name="drums",
        data=DRUMS,
        model=SoundModel(
            system="istftgan", latent=32, width=128, conditional=True, window=512, hop=192
        ),
        train=replace(RELATIVISTIC, mismatch=1.0),
    ),
}

SOUND_JUDGES = {
    # With data.source it learns any set that has classes.
    "sound-judge": SoundJudgeExperiment(
        name="sound-judge",
        data=DIGITS,
        model=JudgeModel(width=32, features=128, shift=4),
        train=Training(
            learning_rate=2e-3,
            last_rate=0.01,
            warmup=100,
            beta1=0.9,
            beta2=0.99,
            batch_size=64,
            rounds=1_500,
            average=0.99,
        ),
    ),
}
