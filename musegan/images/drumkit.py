"""The drums of General MIDI by key, in names short enough for a picture's margin."""

NAMES: dict[int, str] = dict(
    enumerate(
        (
            "kick 2", "kick", "side stick", "snare", "clap", "snare 2", "low floor tom", "closed hat",
            "high floor tom", "pedal hat", "low tom", "open hat", "low mid tom", "high mid tom", "crash",
            "high tom", "ride", "china", "ride bell", "tambourine", "splash", "cowbell", "crash 2",
            "vibraslap", "ride 2", "high bongo", "low bongo", "mute conga", "open conga", "low conga",
            "high timbale", "low timbale", "high agogo", "low agogo", "cabasa", "maracas",
            "short whistle", "long whistle", "short guiro", "long guiro", "claves", "high block",
            "low block", "mute cuica", "open cuica", "mute triangle", "triangle",
        ),
        start=35,
    )
)  # fmt: skip


def drum_name(key: int) -> str:
    """The drum that a key (0..127) strikes; keys outside the map by their number."""
    return NAMES.get(key, f"drum {key}")
