"""What every test may count on."""

import signal

# Started in the background, as some CI does, we would hand an ignored Ctrl-C on to every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
