"""What nanonet's parsl configurations share; a copy of one may import it too."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.jobs.error_handlers import windowed_error_handler

WORKERS = int(os.environ.get("NANONET_WORKERS", "32"))
"""Runs a node of a cluster."""


def setting(name: str, default: str | None = None) -> Any:
    """Environment variable NANONET_<name>."""
    return os.environ.get(f"NANONET_{name}", default)


def nodes() -> dict[str, Any]:
    """Arguments of a cluster's provider: whole nodes, as many as there is work for."""
    return {
        "account": setting("ACCOUNT"),
        "nodes_per_block": 1,
        "init_blocks": 1,
        "min_blocks": 0,
        "max_blocks": int(setting("NODES", "2")),
        "walltime": setting("WALLTIME", "12:00:00"),
        "worker_init": setting("WORKER_INIT", ""),
    }


def configuration(provider: Any, workers: int = WORKERS, **options: Any) -> Config:
    """One executor on the provider's nodes, `workers` runs each; `options` are more arguments of the executor."""
    executor = HighThroughputExecutor(
        label="nanonet",
        interchange_launch_cmd=[sys.executable, "-m", "nanonet.campaign.interchange"],  # ends with the campaign
        block_error_handler=windowed_error_handler,  # a node may die; three in a row are a fault
        max_workers_per_node=workers,
        provider=provider,
        **options,
    )
    folder = setting("PARSL_DIR", str(Path.home() / ".cache" / "nanonet" / "parsl"))
    return Config(executors=[executor], retries=3, run_dir=folder)
