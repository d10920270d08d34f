"""Which notes are heard in a sound, by a transcriber that was trained elsewhere on other music.

The transcriber is Spotify's Basic Pitch (Bittner et al. 2022, arXiv:2203.09893), whose weights are in its
wheel: it gives, 86 times a second, how likely each key of a piano begins and sounds. What is made of
that is ours: a note begins where its key's onset is likeliest nearby, if the key then sounds on.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from math import gcd
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from musegan.errors import FormatError, MissingExtra

Floats = npt.NDArray[np.floating[Any]]

RATE, HOP = 22_050, 256  # samples a second, and from frame to frame
WINDOW, FRAMES = 43_844, 172  # samples that are looked at once, and the frames that they give
LAPPED = 30  # frames that windows share; half of them are left out at each end
LOWEST = 21  # key of the first column
PACKAGE, MEMBER = "basic_pitch", "saved_models/icassp_2022/nmp.onnx"
ONSETS, SOUNDING = "StatefulPartitionedCall:2", "StatefulPartitionedCall:1"
LIKELY, LASTING = 0.5, 0.3  # of an onset, and of a key that sounds
HELD = 4  # frames that a key must sound on
TOLERANCE = 0.05  # seconds (Bay et al. 2009, MIREX's note onset F-measure)
HELP = "pip install --no-deps basic-pitch"  # what it asks for is not needed for its model alone


class HeardNotes(NamedTuple):
    """Notes by when they begin."""

    onsets: Floats  # (note,) seconds, rising
    keys: npt.NDArray[np.int64]  # (note,)


class Agreement(NamedTuple):
    """How notes that were heard agree with those that were played, all from 0 to 1.

    precision, recall, f1: a note is found where one of its key begins within 50 ms of it, each by
        one at most (Raffel et al. 2014, mir_eval, `transcription`, without offsets).
    pitch: of the played notes near whose beginning any note was heard, how many had their own key.
    """

    precision: float
    recall: float
    f1: float
    pitch: float


@dataclass(frozen=True, eq=False)
class Transcriber:
    """A sound in, its notes out."""

    session: Any  # of onnxruntime

    def __call__(self, sound: Floats, rate: int) -> HeardNotes:
        """The notes of a sound (sample,)."""
        common = gcd(RATE, rate)
        mono = resample_poly(np.asarray(sound, np.float64), RATE // common, rate // common)
        windows = windows_of(mono.astype(np.float32))
        name = self.session.get_inputs()[0].name
        parts = [self.session.run([ONSETS, SOUNDING], {name: w[None, :, None]}) for w in windows]
        begins, sounds = (
            np.concatenate([one[0, LAPPED // 2 : -LAPPED // 2] for one in of_windows])
            for of_windows in zip(*parts, strict=True)
        )
        count = 1 + len(mono) // HOP
        return notes_of(begins[:count], sounds[:count])


def open_transcriber(path: Path | None = None) -> Transcriber:
    """Basic Pitch's model: a file (ONNX), or that of the package basic-pitch, which is not imported.

    Raises:
        FormatError: the file is missing, or holds no such model.
        MissingExtra: what runs it, what compares notes, or the package is not installed.
    """
    try:
        import mir_eval  # noqa: F401  # what notes are compared by
        import onnxruntime
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "notes are transcribed with onnxruntime and compared by mir_eval; "
            "install them with: pip install 'musegan[transcription]'"
        ) from error
    if path is None:
        path = installed_model()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        data = path.read_bytes()
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        if {ONSETS, SOUNDING} - {output.name for output in session.get_outputs()}:
            raise ValueError("it has other outputs")
    except Exception as error:  # onnxruntime has errors of its own
        reason = " ".join(str(error).split())[:80]
        raise FormatError(f"{path}: no model of Basic Pitch ({reason}); {HELP} has one") from error
    return Transcriber(session)


def installed_model() -> Path:
    """The model in the package basic-pitch. Raises MissingExtra where it is not installed."""
    found = find_spec(PACKAGE)
    for folder in found.submodule_search_locations or [] if found else []:
        if (path := Path(folder, MEMBER)).is_file():
            return path
    raise MissingExtra(f"notes are transcribed by Basic Pitch's model; install it with: {HELP}")


def windows_of(sound: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """A sound at 22,050 Hz cut into windows (43,844,) that share 30 frames, with silence around it."""
    step, before = WINDOW - LAPPED * HOP, LAPPED // 2 * HOP
    count = max(1, -(-(len(sound) + before) // step))
    padded = np.pad(sound, (before, count * step + WINDOW - before - len(sound)))
    return [padded[i * step : i * step + WINDOW] for i in range(count)]


def notes_of(begins: Floats, sounds: Floats) -> HeardNotes:
    """Notes from likelihoods (frame, key) that they begin, and that they sound."""
    around = np.pad(begins, ((1, 1), (0, 0)), constant_values=-1.0)
    peak = (begins >= LIKELY) & (begins > around[:-2]) & (begins >= around[2:])
    later = np.pad(sounds, ((0, HELD), (0, 0)))
    parts = [later[k : k + len(sounds)] for k in range(1, HELD + 1)]
    frames, keys = np.nonzero(peak & (np.mean(parts, axis=0) >= LASTING))
    return HeardNotes(frames * HOP / RATE, keys + LOWEST)


def agreement(played: HeardNotes, heard: HeardNotes) -> Agreement:
    """How the notes that were heard agree with those that were played."""
    from mir_eval.transcription import precision_recall_f1_overlap

    if not len(played.onsets) or not len(heard.onsets):
        return Agreement(0.0, 0.0, 0.0, 0.0)
    precision, recall, f1, _ = precision_recall_f1_overlap(
        _intervals(played), _hertz(played), _intervals(heard), _hertz(heard),
        onset_tolerance=TOLERANCE, offset_ratio=None,
    )  # fmt: skip
    near = np.abs(played.onsets[:, None] - heard.onsets) <= TOLERANCE
    own = (near & (played.keys[:, None] == heard.keys)).any(1)
    pitch = float(own.sum() / max(near.any(1).sum(), 1))
    return Agreement(float(precision), float(recall), float(f1), pitch)


def _intervals(notes: HeardNotes) -> Floats:
    return np.stack([notes.onsets, notes.onsets + 0.1], 1)  # ends are not compared


def _hertz(notes: HeardNotes) -> Floats:
    hertz: Floats = 440.0 * 2 ** ((notes.keys - 69) / 12)
    return hertz
