"""Named experiments: the band's, a GAN on images or sounds for each paper, and the judges."""

from musegan.config import Experiment
from musegan.presets.band import BAND
from musegan.presets.images import IMAGES
from musegan.presets.judges import JUDGES
from musegan.presets.sounds import SOUND_JUDGES, SOUNDS

__all__ = ["BAND", "IMAGES", "JUDGES", "PRESETS", "SOUNDS", "SOUND_JUDGES"]

PRESETS: dict[str, Experiment] = {**BAND, **IMAGES, **JUDGES, **SOUNDS, **SOUND_JUDGES}
