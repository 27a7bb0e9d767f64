"""parsl on one machine: its high-throughput executor, a worker a core. Good for a first try of a cluster's ways."""

import os
import sys
from pathlib import Path

from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.jobs.error_handlers import windowed_error_handler
from parsl.providers import LocalProvider

config = Config(
    executors=[
        HighThroughputExecutor(
            label="nanonet",
            interchange_launch_cmd=[sys.executable, "-m", "nanonet.campaign.interchange"],  # ends with the campaign
            block_error_handler=windowed_error_handler,  # a node may die; three in a row are a fault
            address="127.0.0.1",
            max_workers_per_node=int(os.environ.get("NANONET_WORKERS", os.cpu_count() or 1)),
            heartbeat_period=2,
            heartbeat_threshold=10,
            provider=LocalProvider(init_blocks=1, min_blocks=1, max_blocks=1),
        )
    ],
    retries=3,
    run_dir=os.environ.get("NANONET_PARSL_DIR", str(Path.home() / ".cache" / "nanonet" / "parsl")),
)
