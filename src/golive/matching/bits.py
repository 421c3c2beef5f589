"""A 64-bit word as the float that has the same bits, and back: so that a table of words can hold floats."""

from __future__ import annotations

import struct
from functools import cached_property
from typing import Any, Final

from .compiled import numba_module


class _Cast:
    """Compiled code that calls this reads the same register as another type; plain Python goes by eight bytes."""

    def __init__(self, *, to_float: bool) -> None:
        self._to_float = to_float
        self._given, self._wanted = ("<q", "<d") if to_float else ("<d", "<q")

    def __call__(self, value: Any) -> Any:
        return struct.unpack(self._wanted, struct.pack(self._given, value))[0]

    @cached_property
    def _numba_type_(self) -> Any:
        """What numba takes this for where compiled code calls it."""
        numba_module()
        from numba.core import types
        from numba.core.registry import cpu_target
        from numba.extending import intrinsic

        given, wanted = (types.int64, types.float64) if self._to_float else (types.float64, types.int64)

        def cast(typing_context: Any, value: Any) -> Any:
            def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

            return wanted(given), generate

        same, context = intrinsic(cast), cpu_target.typing_context
        context.refresh()
        return context.resolve_value_type(same)


float_of: Final = _Cast(to_float=True)
"""the float whose bits a word is"""
word_of: Final = _Cast(to_float=False)
"""the word that has a float's bits"""
