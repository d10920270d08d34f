"""Everything that can go wrong through no fault of ours.

MuseganError
├── ConfigError (ValueError)       a setting is unknown or impossible
├── UsageError (ValueError)        the command line asks for what cannot be
├── FormatError (ValueError)       a file is not what its name says
│   ├── MidiError                  a MIDI file cannot be read, or holds no music
│   └── CheckpointError            a checkpoint or a weights file is damaged or of another model
├── CorpusError (OSError)          a data set is missing or incomplete
├── PortError (OSError)            a MIDI port or sound device is missing or busy
├── TrainingDiverged               a loss is no longer finite
├── RanksError                     the processes of one run are not those it needs
└── MissingExtra (ImportError)     an optional dependency is not installed

A message says in one line what is wrong, the value, what is allowed, and what to do.
"""


class MuseganError(Exception):
    """Base of every error that a user can cause; the command line prints it as one line."""


class ConfigError(MuseganError, ValueError):
    """A setting is unknown or impossible."""


class UsageError(MuseganError, ValueError):
    """The command line asks for what cannot be."""


class FormatError(MuseganError, ValueError):
    """A file is not what its name says."""


class MidiError(FormatError):
    """A MIDI file cannot be read, or holds no music."""


class CheckpointError(FormatError):
    """A checkpoint or a weights file is damaged or belongs to another model."""


class CorpusError(MuseganError, OSError):
    """A data set is missing or incomplete."""


class UnknownSet(CorpusError, ConfigError):
    """A setting names a data set, a folder or a class that there is not."""


class PortError(MuseganError, OSError):
    """A MIDI port or sound device is missing or busy."""


class TrainingDiverged(MuseganError, RuntimeError):
    """A loss is no longer finite."""


class RanksError(MuseganError):
    """One of a run's processes is gone, or there are more or fewer than it was started with."""


class MissingExtra(MuseganError, ImportError):
    """An optional dependency is not installed."""
