"""Spectrograms as pictures: time to the right, pitch upwards, loudness from black over red to white."""

import numpy as np
import numpy.typing as npt

# Loudness 0 to 1 -> red, green, blue; ever lighter, so that it reads in grey as well.
COLOURS = np.array(
    [[0, 0, 8], [60, 16, 96], [160, 40, 96], [236, 96, 56], [252, 176, 64], [255, 250, 220]]
)


def coloured(levels: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Levels (sound, band, frame) from -1, silence, to 1 -> images (sound, 3, row, column)."""
    places = np.clip((levels + 1) / 2, 0, 1) * (len(COLOURS) - 1)
    knots = np.arange(len(COLOURS))
    planes = [np.interp(places, knots, COLOURS[:, channel]) for channel in range(3)]
    upwards = np.stack(planes, axis=1)[:, :, ::-1]
    images: npt.NDArray[np.uint8] = np.rint(upwards).astype(np.uint8)
    return images
