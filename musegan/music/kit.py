"""A drum kit of sixteen roles: which keys of General MIDI's drums strike each."""

from collections.abc import Mapping

KIT: Mapping[str, tuple[int, ...]] = {  # role -> its keys of General MIDI, the usual one first
    "kick": (36, 35),
    "side stick": (37,),
    "snare": (38, 40),
    "clap": (39,),
    "low tom": (45, 43, 41),
    "mid tom": (47, 48),
    "high tom": (50,),
    "closed hat": (42,),
    "pedal hat": (44,),
    "open hat": (46,),
    "crash": (49, 57),
    "ride": (51, 59),
    "ride bell": (53,),
    "splash": (55, 52),
    "tambourine": (54,),
    "cowbell": (56,),
}
NEAREST: Mapping[str, tuple[int, ...]] = {  # role -> the keys of other drums that it comes nearest
    "side stick": (75, 76, 77, 85),
    "low tom": (64, 86),
    "mid tom": (61, 63, 66),
    "high tom": (60, 62, 65),
    "closed hat": (69, 70, 73, 82),
    "open hat": (71, 72, 74),
    "ride": (81,),
    "ride bell": (80,),
    "tambourine": (58, 83, 84),
    "cowbell": (67, 68),
}
