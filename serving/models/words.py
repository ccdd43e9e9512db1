"""Models and scopes in words, as commands, pages and pictures say them."""

SHORT = 8
"""So many characters of an id are shown."""


def short(bundle_id: str) -> str:
    """An id as it is shown."""
    return bundle_id[:SHORT]


def scope_words(kind: str) -> str:
    """A scope in words."""
    return f"fields of kind {kind}" if kind else "all fields"
