"""The commands that recognize, deliver and show; what they say, and how they fail."""
