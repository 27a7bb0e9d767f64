"""The command of theory: `nanonet theory`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nanonet.serve.options import Inputs, check_outputs, every_input
from nanonet.serve.predict import composition_of, print_table
from nanonet.serve.terminal import print


@every_input
def theory(
    inputs: Inputs,
    closure: Annotated[
        str | None, typer.Option(help="HNC, PY or dilute; left out: the first of these with a solution.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write r and g (.csv).")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write a plot (.png, .pdf, .svg).")] = None,
    show_values: Annotated[bool, typer.Option("--values", help="Print g(r) too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """g(r) of a composition by theory, from U_nn + W_poly: an integral equation, or the dilute limit exp(-W)."""
    from nanonet.composition import check_repulsion
    from nanonet.formats.curve_csv import write_curve
    from nanonet.formats.potential_table import shipped
    from nanonet.potentials import theory as theories

    composition = composition_of(inputs)
    check_repulsion(composition)
    theories.check_closure(closure)
    check_outputs(out, plot)
    found = theories.theory(shipped(), composition, closure)
    notes = []
    if not found.converged:
        notes.append(f"{found.asked} did not converge at this density: the NPs may condense; this is the dilute limit")
    if found.extrapolated:
        notes.append("W_poly is not known there: that of the nearest diameter, chain length and eps_pn was taken")
    if out is not None:
        write_curve(out, found.rdf, f"{found.label} for {composition}", composition.diameter, composition.density)
    if plot is not None:
        from nanonet.plots.rdf import plot_rdf

        beside = [] if found.closure == theories.DILUTE else [theories.theory(shipped(), composition, theories.DILUTE)]
        plot_rdf(plot, found.rdf, composition, "\n".join(notes), beside, f"{found.closure} theory for ")
    if as_json:
        content = {
            **composition.to_json(), "closure": found.closure, "converged": found.converged, "asked": found.asked,
            "extrapolated": found.extrapolated, "r": found.rdf.r.round(4).tolist(), "g": found.rdf.g.round(6).tolist(),
        }  # fmt: skip
        print(json.dumps(content, allow_nan=False))
        return
    print(
        f"composition  {composition}\ntheory       {found.label}: {'converged' if found.converged else 'NOT converged'}"
    )
    for name, peak in (("first", found.rdf.first_peak), ("second", found.rdf.second_peak)):
        text = "none" if peak is None else f"g = {peak.height:.3g} at r = {peak.position:.2f} sigma"
        print(f"{name + ' peak':<13}{text}")
    for note in notes:
        print(f"warning      {note}")
    for path in (plot, out):
        if path is not None:
            print(f"written      {path}")
    if show_values:
        print_table(found.rdf)
