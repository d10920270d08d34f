"""GANs that are shown something, and LAPGAN, which is shown its own coarser images."""

from dataclasses import replace

from musegan.config import ImageData, ImageExperiment, ImageModel, Training

ADAM = Training(beta1=0.5, beta2=0.999, warmup=0, average=0.998, loss="vanilla")
EDGES = ImageModel(system="pix2pix", width=32, content=100.0)
UNPAIRED = ImageData(onto="duotone")

TRANSLATORS = {
    # Denton et al. 2015 (arXiv:1506.05751)
    "lapgan": ImageExperiment(
        name="lapgan",
        model=ImageModel(system="lapgan", latent=96, width=32),
        train=replace(ADAM, batch_size=64, rounds=5_000),
    ),
    # Ledig et al. 2017 (arXiv:1609.04802), section 2.1: the least squared error
    "srresnet": ImageExperiment(
        name="srresnet",
        data=ImageData(view="small"),
        model=ImageModel(system="srgan", width=32, content=100.0, adversarial=0.0),
        train=replace(ADAM, batch_size=32, rounds=4_000, learning_rate=1e-3, beta1=0.9),
    ),
    # Section 2.2, with start=RUN of srresnet
    "srgan": ImageExperiment(
        name="srgan",
        data=ImageData(view="small"),
        model=ImageModel(system="srgan", width=32, content=10.0, features=10.0),
        train=replace(ADAM, batch_size=32, rounds=2_000),
    ),
    # Isola et al. 2017 (arXiv:1611.07004): edges, brightness, an image with a hole -> the image
    "pix2pix": ImageExperiment(
        name="pix2pix",
        data=ImageData(view="edges"),
        model=EDGES,
        train=replace(ADAM, batch_size=32, rounds=3_000),
    ),
    "colourise": ImageExperiment(
        name="colourise",
        data=ImageData(view="grey", channels=3),
        model=EDGES,
        train=replace(ADAM, batch_size=32, rounds=3_000),
    ),
    "inpaint": ImageExperiment(
        name="inpaint",
        data=ImageData(view="hole"),
        model=EDGES,
        train=replace(ADAM, batch_size=32, rounds=4_000),
    ),
    # Zhu et al. 2017 (arXiv:1703.10593)
    "cyclegan": ImageExperiment(
        name="cyclegan",
        data=UNPAIRED,
        model=ImageModel(system="cyclegan", width=16, cycle=10.0),
        train=replace(ADAM, loss="least_squares", batch_size=16, rounds=2_000),
    ),
    # Kim et al. 2017 (arXiv:1703.05192)
    "discogan": ImageExperiment(
        name="discogan",
        data=UNPAIRED,
        model=ImageModel(system="discogan", width=32, latent=128, cycle=10.0),
        train=replace(ADAM, batch_size=32, rounds=3_000),
    ),
}
