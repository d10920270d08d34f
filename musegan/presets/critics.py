"""GANs that differ in how their critic is held, from a label to BigGAN."""

from dataclasses import replace

from musegan.config import ImageExperiment, ImageModel, Training

# Four times the papers' rates, and eight for sngan: at 2e-4 so few rounds taught it little.
HINGE = Training(
    loss="hinge",
    learning_rate=4e-4,
    critic_factor=2.0,
    beta1=0.0,
    beta2=0.9,
    batch_size=64,
    rounds=2_000,
    warmup=0,
    average=0.99,
)

CRITICS = {
    # Mirza and Osindero 2014 (arXiv:1411.1784)
    "cgan": ImageExperiment(
        name="cgan",
        model=ImageModel(system="cgan", latent=64, width=32, conditional=True),
        train=Training(
            loss="vanilla",
            beta1=0.5,
            beta2=0.999,
            batch_size=64,
            rounds=10_000,
            warmup=0,
            mismatch=5.0,
            average=0.998,
        ),
    ),
    # Arjovsky et al. 2017 (arXiv:1701.07875). At the paper's rate and bound, 5e-5 and .01, networks
    # of this size learn next to nothing in 3,000 rounds.
    "wgan": ImageExperiment(
        name="wgan",
        model=ImageModel(system="wgan", latent=64, width=32, clip=0.02),
        train=Training(
            loss="wasserstein",
            optimizer="rmsprop",
            learning_rate=2e-4,
            beta2=0.99,
            n_critic=5,
            batch_size=64,
            rounds=1_500,
            warmup=0,
            average=0.99,
        ),
    ),
    # Gulrajani et al. 2017 (arXiv:1704.00028)
    "wgan-gp": ImageExperiment(
        name="wgan-gp",
        model=ImageModel(system="wgan-gp", latent=64, width=16),
        train=Training(
            loss="wasserstein",
            learning_rate=1e-4,
            beta1=0.0,
            beta2=0.9,
            gamma=10.0,
            penalty_every=1,
            n_critic=5,
            batch_size=64,
            rounds=2_000,
            warmup=0,
            average=0.99,
        ),
    ),
    # Miyato et al. 2018 (arXiv:1802.05957)
    "sngan": ImageExperiment(
        name="sngan",
        model=ImageModel(system="sngan", latent=64, width=32),
        train=replace(HINGE, learning_rate=8e-4, critic_factor=1.0),
    ),
    # Zhang et al. 2019 (arXiv:1805.08318)
    "sagan": ImageExperiment(
        name="sagan",
        model=ImageModel(system="sagan", latent=64, width=16),
        train=replace(HINGE, rounds=1_000),
    ),
    # Brock et al. 2019 (arXiv:1809.11096)
    "biggan": ImageExperiment(
        name="biggan",
        model=ImageModel(system="biggan", latent=64, width=16, conditional=True, attention=False),
        train=replace(HINGE, beta2=0.999, rounds=8_000),
    ),
}
