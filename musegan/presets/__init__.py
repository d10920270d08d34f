"""Named experiments: the band's, and a GAN on images for each paper."""

from musegan.config import Experiment
from musegan.presets.band import BAND
from musegan.presets.images import IMAGES

__all__ = ["BAND", "IMAGES", "PRESETS"]

PRESETS: dict[str, Experiment] = {**BAND, **IMAGES}
