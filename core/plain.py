"""Conversion of frozen dataclasses to plain JSON values and back."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self, get_origin

from cattrs.errors import CattrsError
from cattrs.preconf.json import make_converter


def _is(kind: Any, collection: type) -> bool:
    return kind is collection or get_origin(kind) is collection


def _converter() -> Any:
    made = make_converter(detailed_validation=False)  # True would wrap errors in exception groups
    for kind in (bool, int, float, str):
        made.register_structure_hook(kind, lambda value, _: value)  # 3 stays 3 where 3.0 is allowed: specs are keys
    made.register_unstructure_hook_func(
        lambda kind: _is(kind, tuple), lambda values: [made.unstructure(value) for value in values]
    )
    made.register_unstructure_hook_func(lambda kind: _is(kind, frozenset), sorted)
    return made


_CONVERTER: Final = _converter()
_FORM: Final = "form"


class Plain:
    """A mixin for frozen dataclasses that are stored or serve as storage keys.

    Fields may hold numbers, strings, dates, paths, tuples, mappings, and dataclasses of these. Values stored before a
    field was added get its default.

    Parameters
    ----------
    form : int, optional
        Format number of the stored results; a new number invalidates older ones.
    renamed : mapping of str to str, optional
        Names of fields in plain values, if different.
    sparse : bool, default False
        Omit fields that are None.
    """

    _form: ClassVar[int | None] = None
    _renamed: ClassVar[Mapping[str, str]] = {}
    _sparse: ClassVar[bool] = False

    def __init_subclass__(
        cls, *, form: int | None = None, renamed: Mapping[str, str] | None = None, sparse: bool = False
    ) -> None:
        cls._form, cls._renamed, cls._sparse = form, renamed or {}, sparse

    def to_json(self) -> dict[str, Any]:
        """Return plain, JSON-serialisable values."""
        values: dict[str, Any] = _CONVERTER.unstructure(self)
        found = {self._renamed.get(name, name): value for name, value in values.items()}
        if self._sparse:
            found = {name: value for name, value in found.items() if value is not None}
        return found if self._form is None else {_FORM: self._form, **found}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Create an instance from plain values; the inverse of `to_json`."""
        named = {new: name for name, new in cls._renamed.items()}
        given = {named.get(name, name): value for name, value in values.items()}
        try:
            found: Self = _CONVERTER.structure(given, cls)
        except CattrsError as error:
            raise ValueError(str(error)) from error
        return found
