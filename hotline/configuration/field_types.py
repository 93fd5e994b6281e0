"""Building blocks for the models of configuration files.

Annotations make a model hold the values of its domain: `Annotated[Need, ReadAs(NeedFields)]`. What validators must
know of the whole file (names that others refer to, the time zone) stands in the context that the reader was given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue, SkipJsonSchema
from pydantic_core import CoreSchema, core_schema

Context = Mapping[str, Any]


class FileModel(BaseModel):
    """Named fields of a file; every other name is a fault. Built when the first file of its kind is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class FieldFaults(ValueError):
    """Faults of fields below the one that is being checked: each a path from here, and a message."""

    def __init__(self, faults: Iterable[tuple[Sequence[str | int], str]]) -> None:
        """Take the faults in any order."""
        self.faults = tuple(faults)
        super().__init__("; ".join(message for _, message in self.faults))

    @classmethod
    def raise_any(cls, faults: Iterable[tuple[Sequence[str | int], str]]) -> None:
        """Raise the faults, if there are any."""
        if listed := list(faults):
            raise cls(listed)


@dataclass(frozen=True)
class ReadAs:
    """A value of the domain that is written as the fields of `form`, whose `value(context)` makes it."""

    form: type[FileModel]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the fields, then make the value."""
        return core_schema.with_info_after_validator_function(_value, handler.generate_schema(self.form))


def _value(form: Any, info: ValidationInfo) -> Any:
    return form.value(info.context or {})


@dataclass(frozen=True)
class Parsed:
    """A value that `parse` makes of a text; where it returns `None`, the text `fault`: "is no date; write …"."""

    parse: Callable[[str], Any]
    fault: str
    pattern: str = ""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check that it is a text, then parse it."""
        return core_schema.no_info_after_validator_function(self._parsed, core_schema.str_schema())

    def __get_pydantic_json_schema__(self, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the text."""
        return {"type": "string"} | ({"pattern": self.pattern} if self.pattern else {})

    def _parsed(self, text: str) -> Any:
        value = self.parse(text)
        if value is None:
            raise ValueError(f"{text!r} {self.fault}")
        return value


@dataclass(frozen=True)
class Known:
    """The name of something that is declared elsewhere.

    The context has the names of all `skill`s under `skills`, and under `skills_in` the file, where it is another one.
    """

    kind: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Look the name up."""
        return core_schema.with_info_after_validator_function(self._looked_up, handler(source))

    def _looked_up(self, name: str, info: ValidationInfo) -> str:
        context = info.context or {}
        names = context.get(f"{self.kind}s")
        if names is not None and name not in names:
            place = f" in {context[f'{self.kind}s_in']}" if f"{self.kind}s_in" in context else ""
            there = f"the {self.kind}s{place} are {', '.join(names)}" if names else f"there are no {self.kind}s{place}"
            raise ValueError(f"no {self.kind} {name!r}; {there}")
        return name


@dataclass(frozen=True)
class Shorthand:
    """A shorter way to write a value: `expand` makes the long one of it, `schema` is its JSON Schema."""

    expand: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Expand before the long form is checked."""
        return core_schema.no_info_before_validator_function(self.expand, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe both forms."""
        return {"anyOf": [dict(self.schema), handler(core)]}


class OneOrMore:
    """A list; a single entry may stand without brackets."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Make a list of a single entry."""
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the entry and the list."""
        listed = handler(core)
        return {"anyOf": [handler.resolve_ref_schema(listed)["items"], listed]}


def _listed(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, list | tuple) else [value]


@dataclass(frozen=True)
class Exactly:
    """A mapping of these names, no other; each must be there unless `missing` stands for it.

    `names` pairs the name in the file with the key of the value.
    """

    names: tuple[tuple[str, Any], ...]
    missing: Any = None

    @classmethod
    def of(cls, names: Iterable[str], missing: Any = None) -> "Exactly":
        """Take names that are their own keys."""
        return cls(tuple((str(name), name) for name in names), missing)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check each value by the type of the mapping's values."""
        value = handler.generate_schema(get_args(source)[1])
        field_schema = core_schema.typed_dict_field(value, required=self.missing is None)
        table = core_schema.typed_dict_schema({name: field_schema for name, _ in self.names}, extra_behavior="forbid")
        return core_schema.no_info_after_validator_function(self._by_key, table)

    def _by_key(self, fields: dict[str, Any]) -> dict[Any, Any]:
        return {key: fields.get(name, self.missing) for name, key in self.names}


NAME = "(name)"
# The name of an entry of a `Keyed` table: no field of the file, where no field can be called so.
OwnName = Annotated[str, Field(alias=NAME), SkipJsonSchema()]


@dataclass(frozen=True)
class Keyed:
    """A table of models that know their own names, in a field of the type `OwnName`.

    The value is what is annotated, a `dict` by name or a `tuple` in the order of the file; `key` is the type of names.
    """

    key: Any = str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Tell each entry its name before it is checked."""
        entry = get_args(source)[1 if get_origin(source) is dict else 0]
        table = core_schema.dict_schema(handler.generate_schema(self.key), handler.generate_schema(entry))
        named = core_schema.no_info_before_validator_function(_named, table)
        if get_origin(source) is dict:
            return named
        return core_schema.no_info_after_validator_function(lambda entries: tuple(entries.values()), named)


def _named(table: Any) -> Any:
    if not isinstance(table, dict):
        return table
    return {key: {**entry, NAME: key} if isinstance(entry, dict) else entry for key, entry in table.items()}
