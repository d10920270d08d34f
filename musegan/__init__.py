"""An AI band for a melody, and one trainer for GANs of every kind.

import musegan
song = musegan.compose("my-song.mid", seed=7)
song.save("with-a-band.mid")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from musegan.composing import Composer, Composition, NewSong, Options, compose

__version__ = "0.1.0"

__all__ = ["Composer", "Composition", "NewSong", "Options", "__version__", "compose"]


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that importing musegan is quick."""
    if name in __all__:
        from musegan import composing

        return getattr(composing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
