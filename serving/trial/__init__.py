"""Trials: challengers read beside the champion, people judge where they differ, and who is better answers."""
