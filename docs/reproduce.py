"""Makes docs/reproduce.md and docs/report/ from a report that `nanonet reproduce` wrote: `make report`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from nanonet.formats.atomic import writing

HERE = Path(__file__).parent
FIGURES = HERE / "report"


def main() -> None:
    report = Path(sys.argv[1])
    summary = (report / "summary.md").read_text()
    FIGURES.mkdir(exist_ok=True)
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", summary):
        with writing(FIGURES / name) as temporary:
            temporary.write_bytes((report / name).read_bytes())
    lower = re.sub(r"^(#+) ", r"#\1 ", summary.replace("](", "](report/"), flags=re.MULTILINE)
    with writing(HERE / "reproduce.md") as temporary:
        temporary.write_text((HERE / "reproduce.head.md").read_text() + lower)


if __name__ == "__main__":
    main()
