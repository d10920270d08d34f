"""GANs on images, one paper a module: its networks, and its recipe."""

from musegan.gans import dcgan, gan
from musegan.gans.system import System

SYSTEMS: dict[str, System] = {
    "gan": gan.GAN,
    "dcgan": dcgan.DCGAN,
}
