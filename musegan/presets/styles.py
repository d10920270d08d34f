"""Styles, augmentation and R3GAN: the GANs of 2020 and after."""

from dataclasses import replace

from musegan.config import ImageData, ImageExperiment, ImageModel, Training

# Karras et al. 2020 (arXiv:1912.04958)
STYLEGAN2 = ImageExperiment(
    name="stylegan2",
    model=ImageModel(system="stylegan2", latent=64, width=16),
    train=Training(
        loss="vanilla",
        learning_rate=2.5e-3,
        warmup=100,
        batch_size=16,
        rounds=20_000,
        gamma=1.0,
        penalty_every=16,
        average=0.998,
    ),
)

# Huang et al. 2024 (arXiv:2501.05441); told the class, as on CIFAR-10 in the paper. With a smaller
# gamma, in batches as small as these, it drew much the same garment of a class whatever its latent.
R3GAN = ImageExperiment(
    name="r3gan",
    model=ImageModel(system="r3gan", latent=64, width=32, conditional=True),
    train=Training(
        learning_rate=1e-3,
        last_rate=0.05,
        warmup=0,
        batch_size=16,
        rounds=60_000,
        gamma=20.0,
        penalty_every=1,
        average=0.9995,
    ),
)

STYLES = {
    "stylegan2": STYLEGAN2,
    # With 1,000 images, Karras et al. 2020 (arXiv:2006.06676)
    "stylegan2-ada": replace(
        STYLEGAN2,
        name="stylegan2-ada",
        data=ImageData(limit=1_000),
        model=replace(STYLEGAN2.model, augment="ada", pace=2_000),
    ),
    "r3gan": R3GAN,
    # Two digits on top of each other: 100 modes (Metz et al. 2017, arXiv:1611.02163)
    "stacked": replace(
        R3GAN,
        name="stacked",
        data=ImageData(source="mnist", stack=2),
        model=replace(R3GAN.model, conditional=False),
        train=replace(R3GAN.train, last_rate=0.25, rounds=30_000, average=0.998),
    ),
}
