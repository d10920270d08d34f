"""Named experiments: the band's, a GAN on images or sounds for each paper, the judges, the synths,
touch, and the band's peers."""

from musegan.config import Experiment
from musegan.presets.band import BAND
from musegan.presets.images import IMAGES
from musegan.presets.judges import JUDGES
from musegan.presets.peers import PEERS
from musegan.presets.sounds import SOUND_JUDGES, SOUNDS
from musegan.presets.synth import SYNTHS
from musegan.presets.touch import TOUCHES

__all__ = [
    "BAND",
    "IMAGES",
    "JUDGES",
    "PEERS",
    "PRESETS",
    "SOUNDS",
    "SOUND_JUDGES",
    "SYNTHS",
    "TOUCHES",
]

PRESETS: dict[str, Experiment] = {
    **BAND,
    **IMAGES,
    **JUDGES,
    **SOUNDS,
    **SOUND_JUDGES,
    **SYNTHS,
    **TOUCHES,
    **PEERS,
}
