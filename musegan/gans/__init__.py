"""GANs on images, on sounds, for a synth and on piano rolls, one paper a module: its networks, and its recipe."""

from collections.abc import Callable

from torch import nn

from musegan.gans import (
    biggan,
    captions,
    cgan,
    cyclegan,
    dcgan,
    deepcomposer,
    discogan,
    fanogan,
    gan,
    hifigan,
    istftgan,
    lapgan,
    musegan,
    pix2pix,
    r3gan,
    sagan,
    sngan,
    specgan,
    srgan,
    stylegan2,
    synth,
    wavegan,
    wgan,
    wgan_gp,
)
from musegan.gans.bars import BarSystem
from musegan.gans.scores import SynthSizes
from musegan.gans.sounds import SoundSystem
from musegan.gans.system import System

SYSTEMS: dict[str, System] = {
    "gan": gan.GAN,
    "dcgan": dcgan.DCGAN,
    "cgan": cgan.CGAN,
    "wgan": wgan.WGAN,
    "wgan-gp": wgan_gp.WGAN_GP,
    "sngan": sngan.SNGAN,
    "sagan": sagan.SAGAN,
    "biggan": biggan.BIGGAN,
    "stylegan2": stylegan2.STYLEGAN2,
    "r3gan": r3gan.R3GAN,
    "lapgan": lapgan.LAPGAN,
    "srgan": srgan.SRGAN,
    "pix2pix": pix2pix.PIX2PIX,
    "cyclegan": cyclegan.CYCLEGAN,
    "discogan": discogan.DISCOGAN,
    "fanogan": fanogan.FANOGAN,
    "captions": captions.CAPTIONS,
}

SOUND_SYSTEMS: dict[str, SoundSystem] = {
    "wavegan": wavegan.WAVEGAN,
    "specgan": specgan.SPECGAN,
    "istftgan": istftgan.ISTFTGAN,
}

SYNTHS: dict[str, Callable[[SynthSizes], nn.Module]] = {
    "synth": synth.Generator,
    "hifigan": hifigan.Generator,
}  # generators; their game is `synth.recipe`

PEERS: dict[str, BarSystem] = {
    "musegan": musegan.MUSEGAN,
    "deepcomposer": deepcomposer.DEEPCOMPOSER,
}
