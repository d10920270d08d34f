"""The settings of a GAN on images: which images, which system, how large."""

from dataclasses import dataclass, field
from typing import Literal

from musegan.config.health import Health
from musegan.config.ranges import COUNT, SHARE, WEIGHT, require_within
from musegan.config.training import Training
from musegan.errors import ConfigError

SystemName = Literal[
    "gan",
    "dcgan",
    "cgan",
    "wgan",
    "wgan-gp",
    "sngan",
    "sagan",
    "biggan",
    "stylegan2",
    "r3gan",
    "lapgan",
    "srgan",
    "pix2pix",
    "cyclegan",
    "discogan",
    "fanogan",
    "captions",
]
View = Literal["", "edges", "grey", "hole", "small"]
Fit = Literal["crop", "pad"]
Ground = Literal["black", "white"]
Augmentation = Literal["none", "fixed", "ada"]


@dataclass(frozen=True, kw_only=True)
class ImageData:
    """Which images, and how they are shown."""

    source: str = "fashion-mnist"  # a known set, or a folder of pictures, with class folders or not
    folder: str = ""  # where a known set lies; empty: where its package or `prepare` puts it
    side: int = 32  # pixels; pictures are fitted into a square
    fit: Fit = "crop"  # a picture's middle square, or all of it with a border
    channels: Literal[1, 3] = 1  # grey or colour
    stack: int = 1  # greys stacked as channels, each of an image of its own (Stacked-MNIST)
    limit: int = 0  # so many images of the training split, drawn by the seed 0; 0: all
    classes: tuple[int, ...] = ()  # only these; empty: all
    flip: bool = False  # each image mirrored half the time
    view: View = ""  # of a translator: what of each image it is shown
    onto: str = ""  # of an unpaired translator: a second set, or a folder, to translate to
    ground: Ground = "black"  # behind what is transparent, and the border's colour
    captions: bool = False  # greys tinted in colours, with sentences that say so; needs channels=3

    def __post_init__(self) -> None:
        if not self.source.strip():
            raise ConfigError("data.source is empty; name a set, or a folder of pictures")
        if self.side < 1 or self.limit < 0 or self.stack < 1:
            raise ConfigError(
                f"data.side={self.side} and data.stack={self.stack} must be at least 1, "
                f"data.limit={self.limit} at least 0"
            )
        if self.stack > 1 and self.channels > 1:
            raise ConfigError(f"data.stack={self.stack} stacks grey images; set data.channels=1")
        if self.captions and (self.stack > 1 or self.channels == 1):
            raise ConfigError(
                f"data.captions=true tints single greys in colours; set data.channels=3 "
                f"(now {self.channels}) and data.stack=1 (now {self.stack})"
            )


MODEL_RANGES = {
    "clip": WEIGHT,
    "orthogonal": WEIGHT,
    "content": WEIGHT,
    "features": WEIGHT,
    "cycle": WEIGHT,
    "same": WEIGHT,
    "adversarial": WEIGHT,
    "strength": SHARE,
    "target": SHARE,
    "pace": COUNT,
}


@dataclass(frozen=True, kw_only=True)
class ImageModel:
    """The system, its sizes, and the weights of what it plays for."""

    system: SystemName = "dcgan"
    latent: int = 64
    width: int = 32  # channels of the networks' widest maps, or as their paper counts
    conditional: bool = False  # whether generator and critic know the class
    attention: bool = True  # of sagan and biggan: the layer their twins lack
    dense: bool = False  # of wgan-gp and fanogan: dense networks in place of convolutions
    clip: float = 0.01  # of wgan: the critic's weights lie within it
    orthogonal: float = 1e-4  # of biggan: weight of how alike the generator's filters are
    content: float = 0.0  # weight of the pixels' loss beside the critic's, of paired translators
    features: float = 0.0  # of srgan: weight of the loss on the critic's features
    cycle: float = 10.0  # weight of there-and-back, of unpaired translators
    same: float = 0.0  # of cyclegan: weight of leaving its own kind alone, as a share of cycle
    adversarial: float = 1.0  # weight of the critic in the generator's loss; 0: no critic plays
    augment: Augmentation = "none"  # of what the critic sees: always, or as much as r_t asks for
    strength: float = 0.0  # chance of each augmentation where it is fixed; where ada, at first
    target: float = 0.6  # ada's r_t
    pace: int = 8_000  # rounds in which ada's chance can go from 0 to 1

    def __post_init__(self) -> None:
        if min(self.latent, self.width) < 1:
            raise ConfigError(
                f"model.latent={self.latent} and model.width={self.width} must be at least 1"
            )
        require_within("model", self, MODEL_RANGES)


@dataclass(frozen=True, kw_only=True)
class ImageExperiment:
    """One training run on images, whole."""

    name: str = "dcgan"
    task: Literal["images"] = "images"
    data: ImageData = field(default_factory=ImageData)
    model: ImageModel = field(default_factory=ImageModel)
    train: Training = field(default_factory=Training)
    health: Health = field(default_factory=Health)
    seed: int = 0
    start: str = ""  # run folder whose weights to begin with, or a release; empty: fresh ones
