"""Files that are whole or absent: written aside, then renamed."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` (same suffix) to write to; rename it to `path` on success.

    On any exception, Ctrl-C included, what was written there is removed and `path` is as it was.
    The name is known before the file is there, so that no Ctrl-C finds one without the other.
    Raises OSError where no file can be made.
    """
    aside = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(4)}{path.suffix}")
    try:
        aside.touch(exist_ok=False)
        yield aside
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that no reader ever sees half of it."""
    with written_aside(path) as aside:
        aside.write_bytes(data)
