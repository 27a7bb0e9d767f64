"""Commands and Python in the written pages: they exist, and those that end within seconds run.

A page's commands run in a folder of its own, in their order, so that a file that one makes is there for the next. One
runs if its name is in `QUICK` (in the long test also `SLOW`), it has no placeholder (`...`, `RUN`, `[--json]`) and no
absolute path, and the files that it reads are there: those that the page makes or shows, or that `GIVEN` has for a
reader's own.
"""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from nanonet.protocol import preset
from nanonet.serve import cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
IDS = [page.stem for page in PAGES]

QUICK = {
    *("predict", "sweep", "phase", "theory", "potential", "structure-factor"),
    *("dataset show", "dataset check", "dataset import", "dataset create", "dataset add"),
    *("campaign init", "campaign status", "campaign collect"),
}
"""Commands that end within seconds."""
SLOW = {"phase-map", "design", "sensitivity", "train", "evaluate", "analyze", "msd", "simulate", "campaign suggest"}
"""Those that end within a minute or two, of simulations those of `--protocol smoke` and `--implicit`."""

COMPOSITIONS = "diameter,chain_length,density,eps_nn,eps_pn\n3,40,0.002,0.5,1.0\n3,40,0.002,0.5,0.5\n"
GIVEN = {
    "predict": {"compositions.csv": COMPOSITIONS},
    "own-data": {"points.csv": "exponent,sigma,epsilon\n12,2.9,0.07\n"},
    "tutorial": {
        "runs.csv": "temperature,density,curve\n" + "".join(f"{t},0.8,run{t}.csv\n" for t in (1.0, 1.1, 1.2, 1.3, 1.4)),
        **{f"run{t}.csv": f"r,g\n0.5,0\n1.5,{3 - t}\n2.5,1\n" for t in (1.0, 1.1, 1.2, 1.3, 1.4)},
    },
}
"""Files of a reader's own that commands of a page read."""

PLACEHOLDER = re.compile(r"\.\.\.|[\[\]<>|]|\b[A-Z]{3,}\b|\bF\b|\s/|\*")
FILE = re.compile(r"\.(nc|csv|toml|npz|gz|xtc|lammpstrj)\b")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Language and content of each fenced or indented block."""
    fence = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    for found in fence.finditer(text):
        yield found[1], found[2]
    for found in re.finditer(r"(?:^(?: {4}.*)?\n)+", fence.sub("", text), re.MULTILINE):
        yield "", re.sub(r"^ {4}", "", found[0], flags=re.MULTILINE)


def commands(page: Path) -> list[str]:
    """Every `nanonet` of a page's blocks, a line each, without comments."""
    shells = [
        text for language, text in blocks(page.read_text(encoding="utf-8")) if language in ("", "sh", "bash", "console")
    ]
    lines = re.sub(r"\\\n\s*", "", "\n".join(shells)).splitlines()
    found = (re.match(r"\s*(?:\$ )?(?:nohup )?(nanonet .*)", line) for line in lines)
    return [re.split(r"\s(?:#|&$|\| )", one[1])[0].strip() for one in found if one]


def in_prose(page: Path) -> list[str]:
    """Every `nanonet` in backticks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [" ".join(one.split()) for one in re.findall(r"`(nanonet\s[^`]+)`", text)]


def looked_up(command: str) -> tuple[str, typer.core.TyperCommand, list[str]]:
    """Name of a command, what it is, and the words after it; KeyError where there is none."""
    words = shlex.split(re.sub(r"[\[\]]", " ", command))[1:]
    name, words = words[0], words[1:]
    found = typer.main.get_command(cli.app).get_command(None, name)  # type: ignore[attr-defined]
    if found is not None and hasattr(found, "list_commands") and words and not words[0].startswith("-"):
        name, found, words = f"{name} {words[0]}", found.get_command(None, words[0]), words[1:]
    if found is None:
        raise KeyError(name)
    return name, found, words


def wrong_in(command: str, whole: bool = True) -> str:
    """What is wrong with a command; empty where it and its options are there, and where it is `whole` what it needs."""
    if re.match(r"nanonet (-h|--help|--version|COMMAND)", command):
        return ""
    try:
        name, found, words = looked_up(command)
    except KeyError as error:
        return f"{command}: there is no {error}"
    if whole and not PLACEHOLDER.search(command):
        try:
            found.make_context(name, list(words))
        except typer.TyperException as error:
            return f"{command}: {error}"
    known = {name for one in found.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
    return "".join(f"{command}: no option {word}; " for word in words if word.startswith("--") and word not in known)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_commands_and_their_options_exist(page: Path) -> None:
    found = [*map(wrong_in, commands(page)), *(wrong_in(one, whole=False) for one in in_prose(page))]
    assert [wrong for wrong in found if wrong] == []


def test_the_check_sees_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    fenced = "```\nnanonet predict --diametre 3 \\\n  --json  # so\n```\n"
    page.write_text(f"{fenced}\n    nanonet predikt 3\n\n`nanonet dataset\nlist`\n", encoding="utf-8")
    assert commands(page) == ["nanonet predict --diametre 3 --json", "nanonet predikt 3"]
    assert [bool(wrong_in(one)) for one in (*commands(page), *in_prose(page))] == [True, True, True]
    assert not wrong_in("nanonet predict ... --model my-model [--strict]")


def runs_here(command: str, allowed: set[str]) -> bool:
    """Whether a command is run: see above."""
    name, found, words = looked_up(command)
    if name not in allowed or PLACEHOLDER.search(command):
        return False
    if name == "simulate" and not {"smoke", "--implicit"} & set(words):
        return False
    written = {name for one in found.params for name in one.opts} & {"--out", "--plot", "--csv", "--dataset"}
    read = [word for before, word in zip(["", *words], words, strict=False) if before not in written]
    if name in ("dataset create", "dataset import", "campaign init"):
        read = read[1:]  # the first is what they make
    files = [re.sub(r"^curve=|\+-.*", "", word) for word in read if FILE.search(word)]
    folders = [word for before, word in zip(["", *words], words, strict=False) if before == "--model"]
    if name in ("analyze", "msd", "structure-factor", "campaign status", "campaign suggest", "campaign collect"):
        folders += [word for word in words if re.fullmatch(r"[a-z]+\d?", word)]
    folders = [one for one in folders if one not in ("gp", "nanonet", "sq", "grafted", "lj", "real")]
    return all(Path(one).exists() for one in (*files, *folders))


def run_page(page: Path, allowed: set[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands of a page that were run, each with exit status 0."""
    monkeypatch.chdir(folder)
    (folder / "docs").symlink_to(ROOT / "docs")
    for name, text in GIVEN.get(page.stem, {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    if page.stem == "own-data":
        shutil.copy(ROOT / "studies" / "data" / "lgpmd" / "train.npz", folder)
        declared = [text for language, text in blocks(page.read_text(encoding="utf-8")) if language == "toml"]
        for name, text in zip(("mie.toml", "argon.toml"), declared, strict=True):
            (folder / name).write_text(text, encoding="utf-8")
    done = []
    for command in commands(page):
        if not runs_here(command, allowed):
            continue
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            with pytest.raises(SystemExit) as ended:
                cli.main()
        assert not ended.value.code, f"{page.name}: {command}"
        done.append(command)
    return done


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_quick_commands_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run_page(page, QUICK, tmp_path, monkeypatch)
    assert done or page.stem not in (
        "README",
        "start",
        "tutorial",
        "predict",
        "own-data",
        "structure-factor",
        "campaign",
    )


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_slow_commands_run_too(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run_page(page, QUICK | SLOW, tmp_path, monkeypatch)
    assert page.stem != "tutorial" or len(done) == len(commands(page))


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if page.stem == "datasheet":
        (tmp_path / "data").symlink_to(ROOT / "data")
        monkeypatch.setattr("nanonet.protocol.protocol_of", lambda _: preset("smoke"))  # the page's own takes minutes
    names: dict[str, object] = {}
    for language, text in blocks(page.read_text(encoding="utf-8")):
        if language == "python" and ">>>" in text:
            test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
            assert not doctest.DocTestRunner().run(test).failed
        elif language == "python":
            exec(compile(text, str(page), "exec"), names)
