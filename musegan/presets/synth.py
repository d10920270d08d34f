"""Synths: notes in, sound out."""

from dataclasses import replace

from musegan.config import Health, SynthData, SynthExperiment, SynthModel, Training

# Kong et al. 2020 (arXiv:2010.05646), but for the rates, which are Vocos' (arXiv:2306.00814), and the
# loss: a phrase and its imitation are so alike that critics learn what differs only where they are
# asked which of the two is which. By least squares they stayed at chance.
GAME = Training(
    loss="relativistic",
    learning_rate=5e-4,
    last_rate=0.05,
    warmup=200,
    beta1=0.8,
    beta2=0.99,
    batch_size=32,
    rounds=20_000,
    average=0.999,
)

# A synth that follows its score cannot lose modes, and its critics may well tell it from the bank.
HEALTH = Health(augment=False, gamma=False, stop=False, every=500, samples=256)

SYNTH = SynthExperiment(name="synth", train=GAME, health=HEALTH)

SYNTHS = {
    "synth": SYNTH,
    "synth-44k": SynthExperiment(
        name="synth-44k",
        data=SynthData(source="notes-44k", samples=32_768),
        model=SynthModel(window=2_048, hop=512),
        train=GAME,
        health=HEALTH,
    ),
    # HiFi-GAN's generator V2, told the same, at the same budget
    "hifigan": replace(SYNTH, name="hifigan", model=SynthModel(system="hifigan", width=128)),
}
