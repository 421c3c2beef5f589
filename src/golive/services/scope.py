"""Which scope each method of a service asks for, as its `.proto` says; a method that says none is not served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from google.protobuf.descriptor import FileDescriptor

from golive.config.rbac import Scope
from golive.model.errors import ConfigError

from .proto import access_pb2, health_pb2, status_pb2

SERVED: Final[tuple[FileDescriptor, ...]] = (health_pb2.DESCRIPTOR, status_pb2.DESCRIPTOR)
"""the contracts whose services are served"""


def scopes_by_method(files: Iterable[FileDescriptor] = SERVED) -> Mapping[str, Scope]:
    """Return the scope of every method by its path, `/package.Service/Method`.

    Raises ConfigError, naming all of them, for methods without a scope or with one that `config/rbac.py` does not know.
    """
    found: dict[str, Scope] = {}
    wrong: list[str] = []
    for file in files:
        for service in file.services_by_name.values():
            for method in service.methods:
                path = f"/{service.full_name}/{method.name}"
                scope = method.GetOptions().Extensions[access_pb2.scope]
                if scope in set(Scope):
                    found[path] = Scope(scope)
                else:
                    wrong.append(f"{path} {f'names the scope {scope!r}, which nobody knows' if scope else 'names no scope'}")
    if wrong:
        raise ConfigError(f"not served: {'; '.join(wrong)}; annotate it in its .proto: option (golive.access.v1.scope)")
    return found
