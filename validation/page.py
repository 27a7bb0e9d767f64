"""Writes docs/results/validation.md: `make validation` runs all cases (an hour), `python -m validation.page NAME` one.

Each case leaves its numbers in validation/validation.json, so that the page can be made from runs of different days.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from docs.make import RESULTS, TEMPLATES
from nanonet.formats.atomic import writing
from nanonet.simulate.lmp import find_lmp, inspect
from validation.cases import CASES
from validation.checks import Check

HERE = Path(__file__).parent
MEASURED = HERE / "validation.json"


def main(names: Sequence[str]) -> None:
    for name in names or CASES:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            checks = CASES[name](Path(folder))
        results = _results()
        results[name] = {
            "checks": [asdict(check) for check in checks],
            "lammps": inspect(find_lmp()).version,
            "minutes": round((time.monotonic() - begun) / 60, 1),
        }
        with writing(MEASURED) as temporary:
            temporary.write_text(json.dumps(results, indent=1) + "\n")
        print(f"{name}: {sum(check.passed for check in checks)} of {len(checks)} checks passed", flush=True)
    (RESULTS / "validation.md").write_text(_page(_results()))


def _results() -> dict[str, dict[str, object]]:
    return dict(json.loads(MEASURED.read_text())) if MEASURED.exists() else {}


def _page(results: dict[str, dict[str, object]]) -> str:
    lines = [(TEMPLATES / "validation.md").read_text().rstrip(), ""]
    for name, case in CASES.items():
        if name not in results:
            continue
        result = results[name]
        lines += [
            f"## {(case.__doc__ or name).strip().splitlines()[0].rstrip('.')}",
            "",
            f"Case `{name}`, LAMMPS {result['lammps']}, {result['minutes']} minutes.",
            "",
            "| what | measured | expected | passes within | passed | expected by |",
            "|---|---|---|---|---|---|",
        ]
        for entry in result["checks"]:  # type: ignore[attr-defined]
            check = Check(**entry)
            lines.append(
                f"| {check.name} | {check.measured:.5g} ± {check.error:.1g} | {check.expected:.5g} "
                f"| {check.tolerance:.2g} | {'yes' if check.passed else '**no**'} | {check.source} |"
            )
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
