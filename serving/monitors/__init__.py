"""Monitors: whether what comes in, what is read and what people say is as it was, and what is late.

`look` is all that there is to call: it looks at what is new, and sounds alarms.
"""

from serving.monitors.looking import Looked, look
from serving.monitors.settings import Settings, load_settings

__all__ = ["Looked", "Settings", "load_settings", "look"]
