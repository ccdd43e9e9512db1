"""`python -m recognizer.form > docs/form.schema.json` writes the JSON Schema of form definitions."""

import json
import sys

from recognizer.form.schema import json_schema

sys.stdout.write(json.dumps(json_schema(), indent=1) + "\n")
