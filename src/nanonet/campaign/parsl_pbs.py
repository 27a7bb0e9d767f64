"""parsl on a PBS cluster: whole nodes, one run a core. Copy it and change what your cluster wants.

Without a copy, environment variables set the usual things: NANONET_PARTITION (the queue), NANONET_ACCOUNT,
NANONET_WALLTIME (hh:mm:ss), NANONET_NODES (at most), NANONET_WORKERS (runs a node), NANONET_WORKER_INIT (shell lines
before the worker, such as the activation of the environment in which nanonet is installed).
"""

from parsl.launchers import MpiExecLauncher
from parsl.providers import PBSProProvider

from nanonet.campaign.parsl_common import WORKERS, configuration, nodes, setting

provider = PBSProProvider(queue=setting("PARTITION"), cpus_per_node=WORKERS, launcher=MpiExecLauncher(), **nodes())
config = configuration(provider, cores_per_worker=1)
