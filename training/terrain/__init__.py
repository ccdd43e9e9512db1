"""The terrain: what comes in, what each part of it costs people, and what solving it would save."""
