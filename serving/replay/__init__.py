"""Makes a prediction again from what is recorded of it, and says at which stage something is not as it was."""

from serving.replay.replay import Replayer
from serving.replay.stage import STAGES, Replay, Stage

__all__ = ["STAGES", "Replay", "Replayer", "Stage"]
