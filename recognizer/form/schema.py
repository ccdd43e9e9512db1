"""The JSON Schema of form definitions, with which editors check and complete them."""

from typing import Any

from recognizer.form.model import Form


def json_schema() -> dict[str, Any]:
    """The schema of what users write in YAML (JSON Schema, draft 2020-12); `docs/form.schema.json` is a copy."""
    schema = Form.model_json_schema()
    del schema["properties"]["folder"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Penfield form definition",
        "description": "One page of a paper form: how it is found, and the fields on it.",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }
