"""What every test may count on."""

import os
import signal

from hypothesis import settings

# Started in the background, as some CI does, we would hand an ignored Ctrl-C on to every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Property tests look for new examples wherever people work; whether a commit lands must not depend on luck.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
