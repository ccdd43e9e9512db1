"""The forms of then: from the ledger's definitions and the files beside them, held to their digests."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from recognizer.errors import FormError
from recognizer.form import Field, Form
from recognizer.form.digest import form_digest
from recognizer.form.language import language_digest
from serving.ledger import Ledger
from serving.ledger.origin import Origin
from serving.replay.stage import Otherwise

FIELD = "field"
"""In a setup: the definition of a field that came without a form."""


class Forms:
    """Forms by their digests: those that are given, else as they were filed. What is found is kept."""

    def __init__(self, ledger: Ledger, given: Iterable[Form] = ()) -> None:
        self._ledger = ledger
        self._forms: dict[str, Form | Otherwise] = {form_digest(form): form for form in given}

    def form(self, digest: str) -> Form:
        """The form with this digest, its files and all. Raises Otherwise."""
        if digest not in self._forms:
            try:
                self._forms[digest] = self._again(digest)
            except Otherwise as other:
                self._forms[digest] = other
        found = self._forms[digest]
        if isinstance(found, Otherwise):
            raise Otherwise(found.state, found.code, found.why)
        return found

    def field(self, origin: Origin) -> tuple[Field, Path]:
        """The definition of a prediction's field, and the folder at which its lexicon starts. Raises Otherwise."""
        if FIELD in origin.page.setup:
            return Field.model_validate(origin.page.setup[FIELD]), Path()
        form = self.defined(origin.page.form_digest or "")
        field = next((field for field in form.fields if field.name == origin.field), None)
        if field is None:
            raise Otherwise("missing", "form_gone", f"the form {form.name} of then has no field {origin.field}")
        return field, form.folder

    def language(self, origin: Origin) -> tuple[Field, Path]:
        """The same, after what may stand there was found to be what it was. Raises Otherwise."""
        field, folder = self.field(origin)
        try:
            now = language_digest(field, folder)
        except FormError as error:
            raise Otherwise("missing", "form_gone", str(error)) from error
        if now != origin.prediction.language_digest:
            why = "its lexicon is another file now, or this program makes another language of the same definition"
            raise Otherwise("differs", "form_changed", why)
        return field, folder

    def defined(self, digest: str) -> Form:
        """A form whose definition is that of then, whatever became of its files."""
        known = self._forms.get(digest)
        if isinstance(known, Form):
            return known
        with self._ledger.replaying_to_read() as rows:
            filed = rows.form(digest)
        if filed is None:
            raise Otherwise("missing", "not_recorded", f"the ledger holds no form {digest}")
        try:
            return Form.model_validate({**filed.definition, "folder": Path(filed.folder or "")})
        except ValidationError as error:
            why = f"this program does not take the definition of then: {error.errors()[0]['msg']}"
            raise Otherwise("missing", "form_changed", why) from error

    def _again(self, digest: str) -> Form:
        form = self.defined(digest)
        mend = "mend: --form FILE with the definition of then"
        try:
            now = form_digest(form)
        except FormError as error:
            raise Otherwise("missing", "form_gone", f"{error} - {mend}") from error
        if now != digest:
            files = "its blank page or a lexicon"
            raise Otherwise(
                "differs", "form_changed", f"{files} in {form.folder} is another file than then: {form.name} - {mend}"
            )
        return form
