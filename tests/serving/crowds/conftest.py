from tests.serving.queue.conftest import clock, ledger

__all__ = ["clock", "ledger"]
