"""GANs that are shown something, and LAPGAN, which is shown its own coarser images."""

from dataclasses import replace

from musegan.config import ImageData, ImageExperiment, ImageModel, Training

ADAM = Training(
    loss="vanilla",
    learning_rate=5e-4,
    beta1=0.5,
    beta2=0.999,
    batch_size=32,
    rounds=2_000,
    warmup=0,
    average=0.998,
)
# The paper's lambda is 100, at 256 pixels; what 32 pixels leave open asks for less, a hole for
# least. At 3 greys, and edges without R1 and R2, came out worse than by pixels alone.
VIEWED = ImageModel(system="pix2pix", width=16, content=20.0)
PATCHES = replace(ADAM, rounds=4_000, gamma=0.0)
PENALISED = replace(PATCHES, loss="relativistic", gamma=1e-3, penalty_every=1, rounds=14_000)
UNPAIRED = ImageData(onto="duotone")

TRANSLATORS = {
    # Denton et al. 2015 (arXiv:1506.05751)
    "lapgan": ImageExperiment(
        name="lapgan",
        model=ImageModel(system="lapgan", latent=96, width=16),
        train=replace(
            ADAM,
            beta1=0.0,
            beta2=0.99,
            batch_size=64,
            rounds=8_000,
            gamma=20.0,
            penalty_every=1,
            last_rate=1.0,
        ),
    ),
    # Ledig et al. 2017 (arXiv:1609.04802), section 2.1: the least squared error
    "srresnet": ImageExperiment(
        name="srresnet",
        data=ImageData(view="small"),
        model=ImageModel(system="srgan", width=32, content=100.0, adversarial=0.0),
        train=replace(ADAM, learning_rate=1e-3, beta1=0.9),
    ),
    # The whole of it; give start=RUN, a run of srresnet, as section 2.2 does.
    "srgan": ImageExperiment(
        name="srgan",
        data=ImageData(view="small"),
        model=ImageModel(system="srgan", width=32, content=3.0, features=1.0),
        train=replace(ADAM, rounds=4_000, gamma=0.3),
    ),
    # Isola et al. 2017 (arXiv:1611.07004): edges, brightness, an image with a hole -> the image
    "pix2pix": ImageExperiment(
        name="pix2pix",
        data=ImageData(view="edges"),
        model=replace(VIEWED, content=3.0),
        train=PENALISED,
    ),
    "colourise": ImageExperiment(
        name="colourise",
        data=ImageData(source="emoji", channels=3, view="grey", flip=True),
        model=replace(VIEWED, content=3.0),
        train=PENALISED,
    ),
    "inpaint": ImageExperiment(
        name="inpaint",
        data=ImageData(view="hole"),
        model=replace(VIEWED, content=3.0),
        train=replace(PATCHES, critic_factor=2.0),
    ),
    # Zhu et al. 2017 (arXiv:1703.10593). With R1, which the paper has not, its critics were as
    # good as blind to what the translators made.
    "cyclegan": ImageExperiment(
        name="cyclegan",
        data=UNPAIRED,
        model=ImageModel(system="cyclegan", width=16, cycle=10.0),
        train=replace(
            ADAM,
            loss="least_squares",
            batch_size=16,
            rounds=6_000,
            gamma=0.0,
            critic_factor=2.0,
        ),
    ),
    # Kim et al. 2017 (arXiv:1703.05192)
    "discogan": ImageExperiment(
        name="discogan",
        data=UNPAIRED,
        model=ImageModel(system="discogan", width=32, cycle=50.0),
        train=replace(ADAM, rounds=3_000),
    ),
}
