"""A record of numbers that compiled code keeps on its stack, where its fields become registers.

numba passes a record as a pointer into an array. A loop that changes it must store and load it in every round, because the
pointer could be any other. A copy on the stack that nobody else knows is taken apart by the compiler.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from .compiled import compiles, numba_module


@cache
def on_stack() -> Any:
    """Return the function that copies a record to the stack and returns the copy; compiled code alone can call it."""
    if not compiles():
        raise RuntimeError("records are copied to the stack by compiled code only")
    numba_module()
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import cgutils
    from numba.extending import intrinsic

    def copied(typing_context: Any, record: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            size, source = signature.args[0].size, arguments[0]
            byte = ir.IntType(8)
            with builder.goto_entry_block():
                place = builder.alloca(ir.ArrayType(byte, size))
                place.align = 16
            cgutils.raw_memcpy(
                builder,
                builder.bitcast(place, byte.as_pointer()),
                builder.bitcast(source, byte.as_pointer()),
                ir.Constant(ir.IntType(64), size),
                1,
            )
            return builder.bitcast(place, source.type)

        return record(record), generate

    return intrinsic(copied)
