"""The one interceptor of our gRPC servers: no handler runs before the gatekeeper has let the call in.

A peer that is refused hears a status without a reason. Replies of a stream are let out one by one: who is revoked or expires
meanwhile gets no further one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import grpc

from golive.config.rbac import Scope

from .gatekeeper import Answer, Gatekeeper, Refused
from .metadata import metadata_objection
from .refusal_record import RefusalRecord

AUTHORIZATION: Final = "authorization"
SCHEME: Final = "Session "
LONGEST_CALL_S: Final = 60.0
LONGEST_STREAM_S: Final = 900.0
_STATUS: Final = {
    Answer.UNAUTHENTICATED: (grpc.StatusCode.UNAUTHENTICATED, "not authenticated"),
    Answer.DENIED: (grpc.StatusCode.PERMISSION_DENIED, "not allowed"),
    Answer.EXHAUSTED: (grpc.StatusCode.RESOURCE_EXHAUSTED, "too many calls"),
    Answer.UNAVAILABLE: (grpc.StatusCode.UNAVAILABLE, "not available"),
}


class AccessInterceptor(grpc.ServerInterceptor):
    """Guards every method; `scopes` are those of the served methods by path."""

    def __init__(self, gatekeeper: Gatekeeper, scopes: Mapping[str, Scope], record: RefusalRecord) -> None:
        self._gatekeeper = gatekeeper
        self._scopes = scopes
        self._record = record
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], grpc.RpcMethodHandler[Any, Any] | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        method = handler_call_details.method
        guarded = self._handlers.get(method)
        if guarded is None:
            guarded = self._guarded(method, continuation(handler_call_details))
            if method in self._scopes:
                self._handlers[method] = guarded
        return guarded

    def _guarded(self, method: str, handler: grpc.RpcMethodHandler[Any, Any] | None) -> grpc.RpcMethodHandler[Any, Any]:
        scope = self._scopes.get(method)
        if handler is None or scope is None:
            return self._unknown(method)
        if (replies := handler.unary_stream) is not None:

            def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
                pem, token = _certificate(context), _token(context)
                self._demand(context, method, pem, token, scope, LONGEST_STREAM_S)
                for reply in replies(request, context):
                    found = self._gatekeeper.still_admits(pem, token, scope)
                    if isinstance(found, Refused):
                        self._refuse(context, found, method)
                    yield reply

            return grpc.unary_stream_rpc_method_handler(stream, handler.request_deserializer, handler.response_serializer)
        answer = handler.unary_unary
        if answer is None:  # callers that stream: no contract of ours has them
            return self._unknown(method)

        def call(request: Any, context: grpc.ServicerContext) -> Any:
            self._demand(context, method, _certificate(context), _token(context), scope, LONGEST_CALL_S)
            return answer(request, context)

        return grpc.unary_unary_rpc_method_handler(call, handler.request_deserializer, handler.response_serializer)

    def _demand(
        self, context: grpc.ServicerContext, method: str, pem: bytes | None, token: str | None, scope: Scope, longest_s: float
    ) -> None:
        """Let the call in, or end it."""
        found = self._gatekeeper.admit(pem, token, scope)
        if isinstance(found, Refused):
            self._refuse(context, found, method)
        wrong = metadata_objection(context.invocation_metadata())
        if wrong is not None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, wrong)
        left = context.time_remaining()
        if left is None or left > longest_s + 1:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"a deadline of at most {longest_s:.0f} s is needed")

    def _refuse(self, context: grpc.ServicerContext, refused: Refused, method: str) -> None:
        self._record.note(refused, method)
        context.abort(*_STATUS[refused.answer])

    def _unknown(self, method: str) -> grpc.RpcMethodHandler[Any, Any]:
        """Answer for a method that is not served: only who has a good certificate is told so."""

        def call(_request: Any, context: grpc.ServicerContext) -> Any:
            found = self._gatekeeper.admit(_certificate(context), None, Scope.HEALTH_READ)
            if isinstance(found, Refused):
                self._refuse(context, found, "unknown")
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "no such method")

        return grpc.unary_unary_rpc_method_handler(call)


def _certificate(context: grpc.ServicerContext) -> bytes | None:
    shown = context.auth_context().get("x509_pem_cert")
    found = next(iter(shown), None) if shown else None
    return found if isinstance(found, bytes) else None


def _token(context: grpc.ServicerContext) -> str | None:
    """Return the one token of the metadata; None without one, or with several."""
    shown = [value for name, value in context.invocation_metadata() if name == AUTHORIZATION]
    if len(shown) != 1 or not isinstance(shown[0], str) or not shown[0].startswith(SCHEME):
        return None
    return shown[0].removeprefix(SCHEME)
