"""A WAV file of what is being heard, written beside the playing and whole once it is closed."""

import threading
from collections import deque
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import soundfile

from musegan import __version__
from musegan.files import written_aside

EVERY_SECONDS = 0.25  # the file is written to
AT_ONCE = 512  # blocks written
LONGEST_SECONDS = 6 * 3600  # 16-bit stereo at 48 kHz: a WAV file holds little more


class Recording:
    """Stereo blocks of float32 in [-1, 1] on their way into a 16-bit WAV file.

    The file stands at `path` once `close` was called, and nothing does before. A full disk ends the
    recording, not the music: what was written so far is kept, and `error` says why it is short.
    """

    def __init__(self, path: Path, sample_rate: int, *, title: str = "", comment: str = "") -> None:
        """Begin; `comment` says what made the sound. Raises OSError where no file can be written."""
        self.path = path
        self.error = ""
        self.seconds = 0.0  # written so far
        self._rate = sample_rate
        self._blocks: deque[bytes] = deque()
        self._closing = threading.Event()
        with ExitStack() as stack:
            aside = stack.enter_context(written_aside(path))
            self._file = stack.enter_context(
                soundfile.SoundFile(aside, "w", sample_rate, 2, "PCM_16", format="WAV")
            )
            self._file.title = title or path.stem
            self._file.comment = comment or f"made by musegan {__version__}"
            self._finish = stack.pop_all()
        self._writer = threading.Thread(target=self._write, name="recording", daemon=True)
        self._writer.start()

    def append(self, block: memoryview) -> None:
        """Take a copy of a block's bytes.  Thread: driver."""
        if not self.error:
            self._blocks.append(bytes(block))

    def close(self) -> None:
        """Write what is left and put the file in its place. A second call does nothing.

        Raises OSError if it cannot be put there.  Thread: any but the driver's.
        """
        self._closing.set()
        self._writer.join()
        self._finish.close()

    def _write(self) -> None:
        while not self._closing.wait(EVERY_SECONDS):
            self._drain()
        self._drain()

    def _drain(self) -> None:
        while self._blocks:
            some: list[bytes] = []
            while self._blocks and len(some) < AT_ONCE:
                some.append(self._blocks.popleft())
            if self.error:
                continue
            samples = np.frombuffer(b"".join(some), np.float32).reshape(-1, 2)
            try:
                self._file.write(np.rint(samples * 32768).clip(-32768, 32767).astype(np.int16))
            except (OSError, RuntimeError) as error:  # soundfile's own are RuntimeErrors
                self.error = f"{self.path}: {error}"
                continue
            self.seconds += len(samples) / self._rate
            if self.seconds >= LONGEST_SECONDS:
                self.error = f"{self.path}: a WAV file holds no more than six hours"
