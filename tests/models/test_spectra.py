"""Mel bands: what is louder, higher and later stands where it should."""

import math
import subprocess
import sys
import textwrap

import pytest
import torch
from soundfiles import tone

from musegan.models.spectra import LogMel, StftDistance, inverse_stft, torchaudio


def bands(sound):
    return LogMel(8_000, window=512, hop=128, bands=64)(torch.from_numpy(sound)[None])[0, 0]


def test_silence_is_lowest_and_a_full_tone_about_highest():
    quiet = bands(0 * tone(500, 4096))
    assert quiet.shape == (64, 32)
    assert torch.equal(quiet, torch.full_like(quiet, -1))
    assert 0.8 < bands(tone(500, 4096, loudness=1)).max() < 1.2


def test_ten_times_as_loud_is_a_quarter_of_the_range_higher():
    # The range is 80 dB over 2, so 20 dB are .5.
    loud, soft = (bands(tone(500, 4096, loudness=x))[:, 8:24].amax() for x in (1.0, 0.1))
    assert loud - soft == pytest.approx(0.5, abs=1e-3)


def test_higher_tones_are_in_higher_bands_and_later_ones_in_later_frames():
    rows = [int(bands(tone(hertz, 4096))[:, 16].argmax()) for hertz in (200, 600, 1200, 2400)]
    assert rows == sorted(set(rows))
    late = tone(500, 4096)
    late[:2048] = 0
    columns = bands(late)[:, :].amax(0) > 0
    assert not columns[:14].any()
    assert columns[18:].all()


def test_the_gradient_can_be_differentiated_again():
    x = torch.randn(2, 2048, requires_grad=True)
    values = LogMel(8_000, window=256, hop=64, bands=32)(x)
    (slope,) = torch.autograd.grad(values.sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert x.grad.isfinite().all()
    assert x.grad.any()


@pytest.mark.parametrize(("size", "hop"), [(256, 128), (512, 192), (1024, 256)])
def test_an_inverse_transform_gives_back_what_was_transformed(size, hop):
    window = torch.hann_window(size)
    sounds = torch.randn(2, 8 * hop)
    spectra = torch.stft(sounds, size, hop, window=window, return_complex=True)
    torch.testing.assert_close(
        inverse_stft(spectra, window, hop, 8 * hop), sounds, rtol=0, atol=1e-5
    )


def test_spectra_that_no_sound_has_become_what_torch_makes_of_them():
    window, spectra = torch.hann_window(512), torch.randn(3, 257, 9, dtype=torch.complex64)
    theirs = torch.istft(spectra, 512, 192, window=window, length=1536)
    torch.testing.assert_close(inverse_stft(spectra, window, 192, 1536), theirs)


def test_spectra_of_half_the_magnitude_are_a_half_and_the_logarithm_of_two_apart():
    wanted = torch.randn(2, 8192, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    distance = StftDistance()
    assert distance(wanted, wanted) == 0
    assert distance(wanted / 2, wanted) == pytest.approx(0.5 + math.log(2), abs=0.01)
    assert distance(0 * wanted, wanted) > 1 + math.log(100)  # the convergence of silence is 1


def test_where_cuda_is_missing_the_library_does_without_its_compiled_part():
    """In a process of its own, since a library is loaded once; the load fails as it does there."""
    script = """
        import builtins, sys
        load, failed = builtins.__import__, []
        def loaded(name, *more):
            if name == "torchaudio.transforms" and not failed:
                failed.append(name)
                sys.modules["torchaudio"] = None  # half loaded, as such a failure leaves it
                raise OSError("libtorch_cuda.so: cannot open shared object file")
            return load(name, *more)
        builtins.__import__ = loaded
        import torch
        from musegan.models.spectra import LogMel
        print(tuple(LogMel(8000, window=256, hop=64, bands=32)(torch.zeros(1, 1024)).shape), failed)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "(1, 1, 32, 16) ['torchaudio.transforms']", done.stderr
    assert torchaudio().MelSpectrogram
