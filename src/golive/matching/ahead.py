"""A hint to the processor: compiled code is about to read there. Reading alone would wait for memory."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from .compiled import numba_module


class Fetch:
    """`fetch(column, place)` lets the line of memory that holds an element come nearer; plain Python does nothing.

    A place outside the column is allowed, since nothing is read.
    """

    def __call__(self, column: Any, place: int) -> None:
        return None

    @cached_property
    def _numba_type_(self) -> Any:
        """What numba takes this for where compiled code calls it."""
        numba_module()
        from llvmlite import ir  # type: ignore[import-untyped]
        from numba.core import types
        from numba.core.registry import cpu_target
        from numba.extending import intrinsic

        def fetched(typing_context: Any, column: Any, place: Any) -> Any:
            def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                start = context.make_array(signature.args[0])(context, builder, arguments[0]).data
                byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
                prefetch = builder.module.declare_intrinsic(
                    "llvm.prefetch", (byte,), ir.FunctionType(ir.VoidType(), [byte, number, number, number])
                )
                address = builder.bitcast(builder.gep(start, [arguments[1]]), byte)
                builder.call(prefetch, [address, number(0), number(3), number(1)])  # to read, into all caches, data
                return context.get_dummy_value()

            return types.none(column, types.intp), generate

        hint, context = intrinsic(fetched), cpu_target.typing_context
        context.refresh()
        return context.resolve_value_type(hint)


fetch: Final = Fetch()
