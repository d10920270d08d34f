"""The band's peers: earlier GANs on piano rolls, on the band's data and at its budget."""

from dataclasses import replace

from musegan.config import PeerData, PeerExperiment, PeerModel, Training

# Adam's rate and betas are the notebook's and those of MuseGAN's third version. Neither averages its
# weights, so what is released is the last round's.
GAME = Training(
    loss="wasserstein",
    learning_rate=1e-3,
    last_rate=1.0,
    warmup=0,
    beta1=0.5,
    beta2=0.9,
    batch_size=32,
    n_critic=5,
    gamma=10.0,
    penalty_every=1,
    mismatch=0.0,
    rounds=3_100,
    average=0.0,
    bfloat16=False,
)

# Dong et al. 2018 (arXiv:1709.06298): the hybrid model, which hears the melody
MUSEGAN = PeerExperiment(name="musegan", train=GAME)

# AWS DeepComposer's notebook, 2019
DEEPCOMPOSER = PeerExperiment(
    name="deepcomposer",
    data=PeerData(tracks=("bass", "piano", "guitar", "strings")),
    model=PeerModel(system="deepcomposer", width=32, critic_width=32),
    train=replace(GAME, rounds=4_800),
)

PEERS = {
    "musegan": MUSEGAN,
    "musegan-scratch": replace(
        MUSEGAN, name="musegan-scratch", model=replace(MUSEGAN.model, conditional=False)
    ),
    # Dong and Yang 2018 (arXiv:1804.09399): deterministic binary neurons, without a refiner
    "musegan-binary": replace(
        MUSEGAN, name="musegan-binary", model=replace(MUSEGAN.model, neurons="deterministic")
    ),
    "deepcomposer": DEEPCOMPOSER,
    # The notebook's own data, sizes and rounds
    "deepcomposer-jsb": replace(
        DEEPCOMPOSER,
        name="deepcomposer-jsb",
        data=PeerData(
            folder="data/deepcomposer-jsb",
            corpora=("deepcomposer-jsb",),
            shares=(1.0,),
            tracks=("soprano", "alto", "tenor", "bass"),
        ),
        train=replace(GAME, rounds=1_000),
    ),
}
