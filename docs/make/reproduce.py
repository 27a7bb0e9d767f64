"""Makes docs/results/reproduce.md and report/ beside it from what `nanonet reproduce` wrote: `make report`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from docs.make import RESULTS, TEMPLATES
from nanonet.formats.atomic import writing

FIGURES = RESULTS / "report"


def main() -> None:
    report = Path(sys.argv[1])
    summary = (report / "summary.md").read_text()
    FIGURES.mkdir(exist_ok=True)
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", summary):
        with writing(FIGURES / name) as temporary:
            temporary.write_bytes((report / name).read_bytes())
    lower = re.sub(r"^(#+) ", r"#\1 ", summary.replace("](", "](report/"), flags=re.MULTILINE)
    with writing(RESULTS / "reproduce.md") as temporary:
        temporary.write_text((TEMPLATES / "reproduce.md").read_text() + lower)


if __name__ == "__main__":
    main()
