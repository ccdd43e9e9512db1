"""A form's digest: what it is by its content, whatever its file is called and wherever it lies."""

import hashlib
import json
from pathlib import Path

from recognizer.errors import FormError
from recognizer.form.model import BlankPage, Form

DIGEST_CHARS = 16


def form_digest(form: Form) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the definition, its blank image and its lexicon files.

    Raises FormError where one of the files cannot be read.
    """
    said = form.model_dump(mode="json")
    for field in said["fields"]:
        if not field["sensitive"]:  # forms of before there was such a setting keep their digests
            del field["sensitive"]
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode())
    for path in _files(form):
        try:
            data = (form.folder / path).read_bytes()
        except OSError as error:
            raise FormError(f"form {form.name}: cannot read {form.folder / path}: {error.strerror}") from error
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:DIGEST_CHARS]


def _files(form: Form) -> list[Path]:
    files = [form.registration.image] if isinstance(form.registration, BlankPage) else []
    return files + [field.lexicon for field in form.fields if isinstance(field.lexicon, Path)]
