"""`nanonet simulate` and `extend`."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Annotated

import typer

from nanonet.errors import InputError
from nanonet.grafted import GraftedComposition
from nanonet.serve.multiscale import implicit_subject
from nanonet.serve.options import Accelerator, Inputs, LmpCommand, Threads, grafts_too, needs_extra, progress_bar
from nanonet.serve.predict import composition_of
from nanonet.serve.terminal import print


@grafts_too
def simulate(
    inputs: Inputs,
    out: Annotated[Path, typer.Option(help="Folder of the run; an unfinished run there resumes.")],
    protocol: Annotated[str, typer.Option(help="smoke, standard or paper.")] = "standard",
    production_steps: Annotated[int | None, typer.Option(help="Instead of the protocol's own.")] = None,
    seed: Annotated[int, typer.Option(help="Of the starting configuration and the velocities.")] = 1,
    start: Annotated[
        str | None, typer.Option(help="Where the NPs start: implicit, dispersed or clustered; default: the protocol's.")
    ] = None,
    lmp: LmpCommand = None,
    accelerator: Accelerator = "auto",
    threads: Threads = 1,
    write_only: Annotated[bool, typer.Option("--write-only", help="Leave the deck, run nothing.")] = False,
    implicit: Annotated[
        bool, typer.Option("--implicit", help="NPs alone, U_nn + W_poly; --protocol does not count.")
    ] = False,
) -> None:
    """Simulate a composition with LAMMPS: NP trajectory and whole configurations; NPs may carry grafted chains."""
    from nanonet.composition import check_repulsion
    from nanonet.protocol import IMPLICIT, preset

    composition = composition_of(inputs)
    if implicit and isinstance(composition, GraftedComposition):
        raise InputError("--implicit knows NPs without grafts; allowed is n_grafts = 0")
    check_repulsion(composition)
    chosen = dataclasses.replace(IMPLICIT if implicit else preset(protocol), seed=seed)
    if start is not None:
        chosen = dataclasses.replace(chosen, start=start)
    if production_steps is not None:
        chosen = dataclasses.replace(chosen, production_steps=production_steps)
    with needs_extra("sim"):
        from nanonet.campaign import starts
        from nanonet.formats.run_folder import read_record
        from nanonet.simulate import engine, finished, langevin
    subject = implicit_subject(composition) if implicit else composition
    if start is None and (started := finished.started_protocol(out)) is not None:
        chosen = dataclasses.replace(chosen, start=started.start)
    if not implicit and chosen.start == "implicit" and (reason := starts.why_not(composition)):
        print(f"start      dispersed, not implicit: {reason}")
        chosen = dataclasses.replace(chosen, start="dispersed")
    place = functools.partial(starts.place, lmp=lmp)
    if write_only:
        folder = engine.write_deck(subject, chosen, out, place)
        print(f"written    {folder}: run there  lmp -log none -in start.in")
        return
    with progress_bar("simulating") as progress:
        trajectory = engine.run(
            subject, chosen, out, lmp=lmp, accelerator=accelerator, threads=threads, place=place, progress=progress
        )
    record = read_record(out)
    used = f"LAMMPS {record.lammps}, accelerator {record.accelerator}"
    if record.accelerator == langevin.NAME:
        used = "a compiled loop"
    print(f"simulated  {record.nps} NPs and {record.chains} chains with {used}\nwritten    {trajectory}")


def extend(
    folder: Annotated[Path, typer.Argument(help="A finished run.")],
    production_steps: Annotated[int, typer.Option(help="Steps of production in all.")],
    lmp: LmpCommand = None,
    accelerator: Accelerator = "auto",
    threads: Threads = 1,
) -> None:
    """Give a finished run more production, or, where its restart file is gone, a replica beside it."""
    with needs_extra("sim"):
        from nanonet.campaign import starts
        from nanonet.simulate import engine
    with progress_bar("simulating") as progress:
        trajectory = engine.extend(
            folder, production_steps, lmp=lmp, accelerator=accelerator, threads=threads, progress=progress,
            place=functools.partial(starts.place, lmp=lmp),
        )  # fmt: skip
    print(f"written    {trajectory}")
