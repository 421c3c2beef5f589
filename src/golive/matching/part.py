"""How a function is compiled that only other compiled code calls: into them, and not for itself.

numba makes machine code and two entries from Python of every function, and optimises in each caller all that the callee was
made of once more. What is no entry needs neither: here it is checked, typed and lowered, and optimised where it ends up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from .compiled import numba_module


def as_part(function: Callable[..., Any], **options: Any) -> Any:
    """Return numba's dispatcher of such a function; it is compiled once for its types, not for each constant it is given."""
    made = numba_module().njit(pipeline_class=_pipeline(), **options)(function)
    from numba.core.types.misc import unliteral

    found = made.get_call_template
    made.get_call_template = lambda args, named: found(
        tuple(map(unliteral, args)), {name: unliteral(kind) for name, kind in named.items()}
    )
    return made


@cache
def _pipeline() -> Any:
    numba_module()
    from numba import _dynfunc
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler

    class PartLibrary(JITCodeLibrary):  # type: ignore[misc]
        """Intermediate code that is linked into that of its callers."""

        def _optimize_final_module(self) -> None:
            pass

        def _finalize_final_module(self) -> None:
            self._finalize_dynamic_globals()
            self._verify_declare_only_symbols()
            self._finalized = True

    class PartCompiler(Compiler):  # type: ignore[misc]
        """The usual pipeline, which ends before machine code."""

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            flags = self.state.flags
            flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
            self.state.library = PartLibrary(self.state.targetctx.codegen(), "part")
            self.state.library.enable_object_caching()

        def compile_extra(self, function: Any) -> Any:
            done = super().compile_extra(function)
            # Callers know a callee by its entry: one that is at address 0, for nobody enters there.
            known = done.fndesc.lookup_module(), function.__name__, "", 0, done.environment, (done.library,)
            entry = _dynfunc.make_function(*known)
            done.target_context.insert_user_function(entry, done.fndesc, [done.library])
            return done._replace(entry_point=entry)

    return PartCompiler
