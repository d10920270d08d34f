"""Named experiments: the band's, a GAN on images for each paper, and the judges of images."""

from musegan.config import Experiment
from musegan.presets.band import BAND
from musegan.presets.images import IMAGES
from musegan.presets.judges import JUDGES

__all__ = ["BAND", "IMAGES", "JUDGES", "PRESETS"]

PRESETS: dict[str, Experiment] = {**BAND, **IMAGES, **JUDGES}
