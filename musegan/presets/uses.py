"""GANs that the uses of images want: an encoder for the unusual, images from sentences."""

from musegan.config import ImageData, ImageExperiment, ImageModel, Training

USES = {
    # Schlegl et al. 2019 (doi:10.1016/j.media.2019.01.010); set start=RUN of a wgan-gp
    "fanogan": ImageExperiment(
        name="fanogan",
        model=ImageModel(system="fanogan", latent=64, width=16),
        train=Training(
            learning_rate=1e-3,
            beta1=0.9,
            beta2=0.999,
            batch_size=64,
            rounds=1_000,
            warmup=0,
            average=0.99,
            bfloat16=False,
        ),
    ),
    # Reed et al. 2016 (arXiv:1605.05396)
    "captions": ImageExperiment(
        name="captions",
        data=ImageData(channels=3, captions=True),
        model=ImageModel(system="captions", latent=64, width=32),
        train=Training(
            loss="vanilla",
            beta1=0.5,
            beta2=0.999,
            gamma=0.5,
            penalty_every=4,
            mismatch=1.0,
            batch_size=64,
            rounds=6_000,
            warmup=0,
            average=0.998,
        ),
    ),
}
