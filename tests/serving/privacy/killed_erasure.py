"""An erasure in a process of its own, for the test that kills it: `python -m tests.serving.privacy.killed_erasure`."""

import sys

from serving.ledger import open_ledger
from serving.privacy.erase import erase, page_named, sweep


def main(url: str) -> None:
    with open_ledger(url) as ledger:
        for number in range(1, 40):
            page = page_named(ledger, f"batch:{number}:1")
            print("begun", flush=True)
            erase(ledger, page, reason="retention", by="ada")
            sweep(ledger)


if __name__ == "__main__":
    main(sys.argv[1])
