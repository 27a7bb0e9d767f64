"""parsl's interchange, between a campaign and its workers, that ends with the campaign even when that is killed.

The ready `parsl_*.py` start it so: `python -m nanonet.campaign.interchange`. Workers that hear nothing of it any more
end too.
"""

from __future__ import annotations

import os
import runpy
import threading
import time


def _watch(campaign: int) -> None:
    while os.getppid() == campaign:
        time.sleep(1.0)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    runpy.run_module("parsl.executors.high_throughput.interchange", run_name="__main__")
