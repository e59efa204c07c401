"""The command line: thin commands, and errors turned into exit codes.

Exit codes: 0 done, 1 the input is wrong, 2 usage, 3 something is missing or
stale, 4 a run failed, 130 interrupted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from reportgen import pipeline
from reportgen.console import open_progress, write_line
from reportgen.errors import ReportgenError, StaleError
from reportgen.project import find_root

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Turn declarative experiment files into a finished laboratory report.",
)

StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="Folder below experiments/.")]
Profile = Annotated[str, typer.Option(help="Profile of the study: which data and sizes.")]
DataDir = Annotated[
    Path | None,
    typer.Option(envvar="REPORTGEN_DATA", help="Folder with data sets.", show_default=False),
]
Device = Annotated[pipeline.Device, typer.Option(help="Where to train.")]
StoreDir = Annotated[
    Path | None, typer.Option(help="Folder of finished runs [default: build/runs].")
]
Locked = Annotated[bool, typer.Option("--locked", help="Render from the committed records alone.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def _order(
    study: str,
    profile: str,
    data_dir: Path | None,
    store: Path | None,
    *,
    device: pipeline.Device = "auto",
    locked: bool = False,
) -> pipeline.Order:
    """Return what was asked for, with absolute paths."""
    return pipeline.Order(
        root=find_root(Path.cwd()),
        study=study,
        profile=profile,
        data_dir=data_dir and data_dir.absolute(),
        device=device,
        store=store and store.absolute(),
        locked=locked,
    )


def _shown(path: Path) -> str:
    """Return a path as short as it can be told from the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


@app.command()
def build(
    study: StudyName,
    profile: Profile = "default",
    data_dir: DataDir = None,
    device: Device = "auto",
    store: StoreDir = None,
    locked: Locked = False,
    debug: Debug = False,
) -> None:
    """Do everything: run what is missing, render the report, write PDF and zip."""
    order = _order(study, profile, data_dir, store, device=device, locked=locked)
    with open_progress() as progress:
        built = pipeline.build(order, progress)
    if built.fresh:
        write_line("nothing has changed since the last build")
    else:
        books = f"{built.n_notebooks} notebooks" if built.n_notebooks else "no notebooks"
        write_line(f"{built.n_pages} pages; the zip holds the PDF and {books}")
    write_line(f"PDF: {_shown(built.pdf)}")
    write_line(f"zip: {_shown(built.archive)}")


@app.command()
def run(
    study: StudyName,
    profile: Profile = "default",
    data_dir: DataDir = None,
    device: Device = "auto",
    store: StoreDir = None,
    debug: Debug = False,
) -> None:
    """Run what is missing: data, training, evaluation, maps. Nothing is rendered."""
    order = _order(study, profile, data_dir, store, device=device)
    with open_progress() as progress:
        records = pipeline.run(order, progress)
    write_line(f"{len(records)} records are in {_shown(order.store_folder)}")


@app.command()
def render(
    study: StudyName,
    profile: Profile = "default",
    data_dir: DataDir = None,
    store: StoreDir = None,
    locked: Locked = False,
    debug: Debug = False,
) -> None:
    """Render the PDF from records that exist. Nothing is run."""
    order = _order(study, profile, data_dir, store, locked=locked)
    with open_progress() as progress:
        rendered = pipeline.render_only(order, progress)
    write_line(f"{rendered.n_pages} pages")
    write_line(f"PDF: {_shown(rendered.pdf)}")


@app.command()
def check(
    study: StudyName,
    profile: Profile = "default",
    data_dir: DataDir = None,
    store: StoreDir = None,
    locked: Locked = False,
    debug: Debug = False,
) -> None:
    """Say what keeps the report from being complete; exit with 3 if anything does."""
    order = _order(study, profile, data_dir, store, locked=locked)
    with open_progress() as progress:
        faults = pipeline.check(order, progress)
    if faults:
        raise StaleError("\n".join(faults))
    write_line("every question is answered with the artefacts that it needs")


@app.command()
def facts(
    study: StudyName,
    experiment: Annotated[str | None, typer.Argument(metavar="[EXPERIMENT]")] = None,
    profile: Profile = "default",
    data_dir: DataDir = None,
    store: StoreDir = None,
    locked: Locked = False,
    debug: Debug = False,
) -> None:
    """Print every fact that a template may use: id, value, unit, what it means."""
    order = _order(study, profile, data_dir, store, locked=locked)
    with open_progress() as progress:
        found = pipeline.list_facts(order, progress, experiment)
    for fact in found:
        write_line(f"{fact.id} = {fact.value!r} {fact.unit}".rstrip() + f"  # {fact.meaning}")


@app.command()
def freeze(
    study: StudyName,
    profile: Profile = "default",
    data_dir: DataDir = None,
    store: StoreDir = None,
    debug: Debug = False,
) -> None:
    """Put the records beside the study's files, to be committed."""
    order = _order(study, profile, data_dir, store)
    written = pipeline.freeze(order)
    write_line(f"{len(written)} files are in {_shown(written[0].parent.parent)}")


@app.command()
def clean(
    study: StudyName,
    profile: Profile = "default",
    store: StoreDir = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Remove the store too: all finished training.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Remove what was built. The store stays: hours of training lie there."""
    order = _order(study, profile, None, store)
    gone = pipeline.clean(order, everything=everything)
    write_line("removed " + (", ".join(map(_shown, gone)) or "nothing: nothing was there"))


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        code = app(standalone_mode=False)
    except ReportgenError as error:
        _fail(error, str(error), error.exit_code)
    except typer.TyperException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        write_line("interrupted; what was finished is kept", sys.stderr)
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback for a user
        where = f"{type(error).__name__}: {error}"
        _fail(error, f"a fault of reportgen itself ({where}); run again with --debug", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(error: Exception, message: str, code: int) -> None:
    """Tell an error in its own words, with the traceback only where asked for, and exit."""
    if "--debug" in sys.argv[1:]:
        import traceback

        traceback.print_exception(error)
    write_line(f"error: {message}" if "\n" not in message else f"errors:\n{message}", sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
