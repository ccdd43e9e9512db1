"""Where things lie: the folder with the ledger and the embedded MLflow store."""

import os
from dataclasses import dataclass
from pathlib import Path

STORE_VARIABLE = "PENFIELD_STORE"
LEDGER_VARIABLE = "PENFIELD_LEDGER"


@dataclass(frozen=True, kw_only=True)
class Places:
    """`store` is a folder; `ledger_url` a database URL that may hold a password: not to be printed."""

    store: Path
    ledger_url: str

    @property
    def is_new(self) -> bool:
        """Whether the ledger is a file that is not there yet."""
        path = self.ledger_url.removeprefix("sqlite:///")
        return path != self.ledger_url and not path.startswith("file:") and not Path(path).exists()


def places(store: Path | None = None, ledger_url: str | None = None) -> Places:
    """What was asked for, else what the environment says, else `store/` in the working directory."""
    folder = (store or Path(os.environ.get(STORE_VARIABLE) or "store")).resolve()
    url = ledger_url or os.environ.get(LEDGER_VARIABLE) or f"sqlite:///{folder / 'ledger.db'}"
    return Places(store=folder, ledger_url=url)
