"""parsl on one machine: its high-throughput executor, a worker a core. Good for a first try of a cluster's ways."""

import os

from parsl.providers import LocalProvider

from nanonet.campaign.parsl_common import configuration, setting

config = configuration(
    LocalProvider(init_blocks=1, min_blocks=1, max_blocks=1),
    workers=int(setting("WORKERS", str(os.cpu_count() or 1))),
    address="127.0.0.1",
    heartbeat_period=2,
    heartbeat_threshold=10,
)
