"""Configuration: `runtime.yaml` and `core.yaml` from bytes to typed frozen values, every problem with its position."""

from .adapter_table import KNOWN_ADAPTERS, KNOWN_LABELS, AdapterFacts
from .configuration import Configuration, Setting, core_path, parse_configuration
from .core_file import TIMEFRAMES, CoreFile
from .digest import FileDigest, file_digest, trading_digest
from .endpoint import is_loopback_host
from .key import Number, ParameterValue
from .override import Override
from .problem import ConfigErrors, Problem, SourceFile
from .resolved import ResolvedEntrypoint, ResolvedIo
from .risk_section import RiskProfile
from .runtime_file import Fees, PaperProfile, Prometheus, RuntimeFile, TradingProfile

__all__ = [
    "AdapterFacts",
    "ConfigErrors",
    "Configuration",
    "CoreFile",
    "Fees",
    "FileDigest",
    "KNOWN_ADAPTERS",
    "KNOWN_LABELS",
    "Number",
    "Override",
    "PaperProfile",
    "ParameterValue",
    "Problem",
    "Prometheus",
    "ResolvedEntrypoint",
    "ResolvedIo",
    "RiskProfile",
    "RuntimeFile",
    "Setting",
    "SourceFile",
    "TIMEFRAMES",
    "TradingProfile",
    "core_path",
    "file_digest",
    "is_loopback_host",
    "parse_configuration",
    "trading_digest",
]
