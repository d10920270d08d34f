"""Pictures: piano-roll plots and sample sheets."""
