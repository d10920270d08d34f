"""GANs on images, each as its paper has it, at sizes that a processor can train."""

from dataclasses import replace

from musegan.config import ImageData, ImageExperiment, ImageModel, Training
from musegan.presets.critics import CRITICS
from musegan.presets.styles import STYLES
from musegan.presets.translators import TRANSLATORS
from musegan.presets.uses import USES

# The first GAN on Gaussians of the plane. Without momentum it keeps all eight of the ring, where
# Adam's .5 loses most of them.
RING = ImageExperiment(
    name="ring",
    data=ImageData(source="ring", side=1),
    model=ImageModel(system="gan", latent=16, width=128),
    train=Training(
        loss="vanilla",
        learning_rate=1e-3,
        beta1=0.0,
        beta2=0.9,
        gamma=0.0,
        batch_size=256,
        rounds=10_000,
        warmup=0,
        average=0.99,
        bfloat16=False,
        device="cpu",
    ),
)

IMAGES = {
    # Goodfellow et al. 2014 (arXiv:1406.2661)
    "gan": ImageExperiment(
        name="gan",
        data=ImageData(side=28),
        model=ImageModel(system="gan", latent=64, width=512),
        train=Training(
            loss="vanilla",
            learning_rate=5e-4,
            last_rate=1.0,
            beta1=0.0,
            beta2=0.99,
            gamma=20.0,
            penalty_every=1,
            batch_size=128,
            rounds=10_000,
            warmup=0,
            average=0.998,
            bfloat16=False,
        ),
    ),
    "ring": RING,
    # Two latents: the plane is a stretched plane then, where sixteen fold and lose a fifth of it.
    "grid": replace(
        RING,
        name="grid",
        data=replace(RING.data, source="grid"),
        model=replace(RING.model, latent=2, width=256),
        train=replace(RING.train, rounds=20_000, last_rate=0.02),
    ),
    # Radford et al. 2016 (arXiv:1511.06434)
    "dcgan": ImageExperiment(
        name="dcgan",
        model=ImageModel(system="dcgan", latent=64, width=32),
        train=Training(
            loss="vanilla",
            beta1=0.5,
            beta2=0.999,
            batch_size=64,
            rounds=10_000,
            warmup=0,
            average=0.998,
        ),
    ),
    **CRITICS,
    **STYLES,
    **USES,
    **TRANSLATORS,
}
