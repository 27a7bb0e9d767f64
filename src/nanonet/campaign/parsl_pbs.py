"""parsl on a PBS cluster: whole nodes, one run a core. Copy it and change what your cluster wants.

Without a copy, environment variables set the usual things: NANONET_PARTITION (the queue), NANONET_ACCOUNT,
NANONET_WALLTIME (hh:mm:ss), NANONET_NODES (at most), NANONET_WORKERS (runs a node), NANONET_WORKER_INIT (shell lines
before the worker, such as the activation of the environment in which nanonet is installed).
"""

import os
import sys
from pathlib import Path

from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.jobs.error_handlers import windowed_error_handler
from parsl.launchers import MpiExecLauncher
from parsl.providers import PBSProProvider

workers = int(os.environ.get("NANONET_WORKERS", "32"))

config = Config(
    executors=[
        HighThroughputExecutor(
            label="nanonet",
            interchange_launch_cmd=[sys.executable, "-m", "nanonet.campaign.interchange"],  # ends with the campaign
            block_error_handler=windowed_error_handler,  # a node may die; three in a row are a fault
            max_workers_per_node=workers,
            cores_per_worker=1,
            provider=PBSProProvider(
                queue=os.environ.get("NANONET_PARTITION"),
                account=os.environ.get("NANONET_ACCOUNT"),
                nodes_per_block=1,
                cpus_per_node=workers,
                init_blocks=1,
                min_blocks=0,
                max_blocks=int(os.environ.get("NANONET_NODES", "2")),
                walltime=os.environ.get("NANONET_WALLTIME", "12:00:00"),
                worker_init=os.environ.get("NANONET_WORKER_INIT", ""),
                launcher=MpiExecLauncher(),
            ),
        )
    ],
    retries=3,
    run_dir=os.environ.get("NANONET_PARSL_DIR", str(Path.home() / ".cache" / "nanonet" / "parsl")),
)
