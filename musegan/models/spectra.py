"""Sounds as spectra and back, with torchaudio. Sounds are (batch, sample) in [-1, 1].

torchaudio's Linux build looks for CUDA's libraries as it loads. Where they are missing, beside a
torch for processors, all that is written in Python works: so it is told that it has nothing else.
"""

import math
import sys
import types
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import fold

from musegan.errors import MissingExtra

QUIETEST = 1e-4  # of a mel band's magnitude: what is softer counts as silence


@cache
def torchaudio() -> Any:
    """The library, with or without its compiled part.

    Raises MissingExtra where it is not installed.
    """
    try:
        import torchaudio.transforms as found
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "sounds are trained and measured with torchaudio; "
            "install it with: pip install 'musegan[audio]'"
        ) from error
    except OSError:  # CUDA's libraries are missing
        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _no_extension()
        import torchaudio.transforms as found
    return found


def _no_extension() -> types.ModuleType:
    """What torchaudio loads its compiled part with, as it is where there is none."""
    module: Any = types.ModuleType("torchaudio._extension")
    module._IS_TORCHAUDIO_EXT_AVAILABLE = module._IS_ALIGN_AVAILABLE = False
    module._check_cuda_version = lambda: None
    module.fail_if_no_align = _absent
    loaded: types.ModuleType = module
    return loaded


def _absent(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*arguments: Any, **named: Any) -> Any:
        raise RuntimeError(f"{function.__name__} needs torchaudio's compiled part")

    return called


class LogMel(nn.Module):
    """(batch, sample) -> logarithms of mel bands (batch, 1, band, frame), about -1 to 1.

    Frames of `window` samples, `hop` apart; bands of equal area (Slaney's). Silence is -1.
    """

    def __init__(self, rate: int, *, window: int, hop: int, bands: int) -> None:
        super().__init__()
        self.mel = torchaudio().MelSpectrogram(
            rate, n_fft=window, hop_length=hop, n_mels=bands, power=1.0,
            norm="slaney", mel_scale="slaney",
        )  # fmt: skip
        self.loudest = 1.5 * window * bands / rate  # about a full sine's band

    def forward(self, sounds: Tensor) -> Tensor:
        with torch.autocast(sounds.device.type, enabled=False):
            bands = self.mel(sounds.float()) / self.loudest
            scaled: Tensor = 1 - 2 * bands.clamp(min=QUIETEST).log() / math.log(QUIETEST)
        return scaled[:, None, :, : sounds.shape[1] // self.mel.hop_length]


def inverse_stft(spectra: Tensor, window: Tensor, hop: int, length: int) -> Tensor:
    """Complex spectra (batch, row, frame) -> the sounds (batch, sample) that are nearest to them.

    Frames are added where they overlap and divided by what their windows add up to (Griffin and Lim
    1984, eq. 6); the first is centred on the first sample. The same as `torch.istft`, which looks at
    the sum for zeros, and so makes a GPU wait and cannot be recorded.

    Args:
        window: (sample,), which frames were and are multiplied by.
        hop: samples from frame to frame; every sample must be within a window that is not 0 there.
        length: of the sounds, at most frames * hop.
    """
    size, count = len(window), spectra.shape[2]
    frames = torch.fft.irfft(spectra, n=size, dim=1) * window[:, None]
    weights = window.square()[None, :, None].expand(1, size, count)
    added, weight = (
        fold(part, (1, (count - 1) * hop + size), (1, size), stride=(1, hop))[:, 0, 0]
        for part in (frames, weights)
    )
    begin = size // 2
    sounds: Tensor = added[:, begin : begin + length] / weight[:, begin : begin + length]
    return sounds


class MelDistance(nn.Module):
    """How far sounds lie apart, (batch, sample) each -> a scalar: nats, the mean over mel bands.

    Differences of logarithms of mel bands, of frames of several lengths and 80 dB of depth
    (Yamamoto et al. 2020, arXiv:1910.11480; Kong et al. 2020, arXiv:2010.05646). A nat is 8.7 dB.
    """

    def __init__(self, rate: int, windows: Sequence[int] = (2048, 1024, 512, 256)) -> None:
        super().__init__()
        self.mels = nn.ModuleList(
            torchaudio().MelSpectrogram(
                rate, n_fft=window, hop_length=window // 4, n_mels=window // 16, power=1.0,
                norm="slaney", mel_scale="slaney",
            )
            for window in windows
        )  # fmt: skip
        # About a full sine's band, as `LogMel` has it
        self.loudest = [1.5 * window * (window // 16) / rate for window in windows]

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        with torch.autocast(one.device.type, enabled=False):
            both = torch.stack([one.float(), other.float()])
            scales = []
            for mel, loudest in zip(self.mels, self.loudest, strict=True):
                levels = (mel(both) / loudest + QUIETEST).log()
                scales.append((levels[0] - levels[1]).abs().mean())
            distance: Tensor = torch.stack(scales).mean()
        return distance


class StftDistance(nn.Module):
    """How far sounds lie from wanted ones, (batch, sample) each -> a scalar without a unit.

    Of magnitudes at three resolutions, the mean of spectral convergence and of the difference of
    logarithms in nats (Yamamoto et al. 2020, arXiv:1910.11480, eq. 4 to 6); 80 dB of depth.
    """

    def __init__(self, windows: Sequence[int] = (2048, 1024, 512)) -> None:
        super().__init__()
        self.spectra = nn.ModuleList(
            torchaudio().Spectrogram(n_fft=window, hop_length=window // 4, power=1.0)
            for window in windows
        )
        self.loudest = [window / 4 for window in windows]  # a full sine's magnitude

    def forward(self, made: Tensor, wanted: Tensor) -> Tensor:
        with torch.autocast(made.device.type, enabled=False):
            scales = []
            for spectrum, loudest in zip(self.spectra, self.loudest, strict=True):
                ours, theirs = (spectrum(each.float()) / loudest for each in (made, wanted))
                convergence = (theirs - ours).norm() / theirs.norm().clamp(min=QUIETEST)
                levels = ((theirs + QUIETEST).log() - (ours + QUIETEST).log()).abs().mean()
                scales.append(convergence + levels)
            distance: Tensor = torch.stack(scales).mean()
        return distance
