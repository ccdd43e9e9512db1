"""Everything that Penfield raises on purpose.

PenfieldError
├── UsageError         what was asked for makes no sense            exit 2
├── FormError          a form definition is wrong                   exit 3
├── InputError         a file or folder that was named is not there exit 4
├── BundleError        a model bundle is damaged or does not fit    exit 5
├── LedgerError        the ledger cannot be opened or written       exit 6
└── ScanRejected       one scan or page cannot be taken in          (never ends a batch)
"""


class PenfieldError(Exception):
    """A failure whose message is meant for the user. `exit_code` is what the command returns."""

    exit_code = 1


class UsageError(PenfieldError):
    """What was asked for makes no sense."""

    exit_code = 2


class FormError(PenfieldError):
    """A form definition is wrong. The message names file, line or field, and how to mend it."""

    exit_code = 3


class InputError(PenfieldError):
    """A file or folder that was named is not there or cannot be read."""

    exit_code = 4


class BundleError(PenfieldError):
    """A model bundle is damaged or does not fit this version."""

    exit_code = 5


class LedgerError(PenfieldError):
    """The ledger cannot be opened or written."""

    exit_code = 6


class ScanRejected(PenfieldError):
    """One file or page cannot be read. `code` is short and stable (`too_large`), the message is for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def __reduce__(self) -> tuple[type["ScanRejected"], tuple[str, str]]:
        return type(self), (self.code, self.reason)
