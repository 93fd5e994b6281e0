"""The JSON Schema of a configuration file, for editors and for messages."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """Fields need no titles that repeat their names."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 (pydantic gives it)
        """Set none."""
        return False


@cache
def json_schema(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the schema of the files that the model reads."""
    return {"$schema": DIALECT, **model.model_json_schema(schema_generator=_Untitled)}
