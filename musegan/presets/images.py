"""GANs on images, each as its paper has it, at sizes that a processor can train."""

from musegan.config import ImageData, ImageExperiment, ImageModel, Training

IMAGES = {
    # Goodfellow et al. 2014 (arXiv:1406.2661)
    "gan": ImageExperiment(
        name="gan",
        data=ImageData(side=28),
        model=ImageModel(system="gan", latent=64, width=512),
        train=Training(
            loss="vanilla",
            beta1=0.5,
            beta2=0.999,
            batch_size=128,
            rounds=10_000,
            warmup=0,
            average=0.998,
            bfloat16=False,
        ),
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
            rounds=5_000,
            warmup=0,
            average=0.998,
        ),
    ),
}
