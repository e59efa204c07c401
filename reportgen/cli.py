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
from reportgen.console import PlainLines, open_progress, write_line
from reportgen.errors import ReportgenError, StaleError, UsageError, abridged
from reportgen.order import Device, Order, Window
from reportgen.project import find_root, folder_asked_for, root_above

INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Turn declarative experiment files into a finished laboratory report.",
)

new = typer.Typer(no_args_is_help=True, help="Begin something new, as a stub that renders.")
app.add_typer(new, name="new")

StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="Folder below experiments/.")]
Profile = Annotated[str, typer.Option(help="Profile of the study: which data and sizes.")]
DataDir = Annotated[
    Path | None,
    typer.Option(envvar="REPORTGEN_DATA", help="Folder with data sets.", show_default=False),
]
DeviceName = Annotated[Device, typer.Option(help="Where to train.")]
StoreDir = Annotated[
    Path | None, typer.Option(help="Folder of finished runs [default: build/runs].")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Runs made at once, at most [default: as many as cores and memory bear].",
        show_default=False,
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Make the runs on a Ray cluster: HOST:PORT of its head, or auto for this machine's.",
        show_default=False,
    ),
]
Locked = Annotated[bool, typer.Option("--locked", help="Render from the committed records alone.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def _order(
    study: str,
    profile: str,
    data_dir: Path | None,
    store: Path | None,
    *,
    device: Device = "auto",
    locked: bool = False,
    jobs: int | None = 1,
    cluster: str = "",
) -> Order:
    """Return what was asked for, with absolute paths.

    Raises
    ------
    UsageError
        If two options exclude each other.
    """
    if locked and cluster:
        msg = "--locked runs nothing, so that there is nothing for --cluster; leave out one of them"
        raise UsageError(msg)
    return Order(
        root=find_root(Path.cwd()),
        study=study,
        profile=profile,
        data_dir=data_dir and folder_asked_for(data_dir, "--data-dir"),
        device=device,
        store=store and folder_asked_for(store, "--store"),
        locked=locked,
        jobs=jobs,
        cluster=cluster,
    )


def _shown(path: Path) -> str:
    """Return a path as short as it can be told from the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _counted(n: int, what: str) -> str:
    """Return a number and what it counts: no notebooks, 1 notebook, 2 notebooks."""
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


@app.command()
def build(  # noqa: PLR0913, PLR0917 - an option each
    study: StudyName,
    profile: Profile = "default",
    data_dir: DataDir = None,
    device: DeviceName = "auto",
    store: StoreDir = None,
    jobs: Jobs = None,
    cluster: Cluster = "",
    locked: Locked = False,
    debug: Debug = False,
) -> None:
    """Do everything: run what is missing, render the report, write PDF and zip."""
    order = _order(
        study,
        profile,
        data_dir,
        store,
        device=device,
        locked=locked,
        jobs=jobs,
        cluster=cluster,
    )
    with open_progress() as progress:
        built = pipeline.build(order, progress)
    if built.fresh:
        write_line("nothing has changed since the last build")
    else:
        books = _counted(built.n_notebooks, "notebook")
        write_line(f"{_counted(built.n_pages, 'page')}; the zip holds the PDF and {books}")
    write_line(f"PDF: {_shown(built.pdf)}")
    write_line(f"zip: {_shown(built.archive)}")


@app.command()
def run(
    study: StudyName,
    profile: Profile = "default",
    data_dir: DataDir = None,
    device: DeviceName = "auto",
    store: StoreDir = None,
    jobs: Jobs = None,
    cluster: Cluster = "",
    debug: Debug = False,
) -> None:
    """Run what is missing: data, training, evaluation, maps. Nothing is rendered."""
    order = _order(study, profile, data_dir, store, device=device, jobs=jobs, cluster=cluster)
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
    write_line(_counted(rendered.n_pages, "page"))
    write_line(f"PDF: {_shown(rendered.pdf)}")
    archive = rendered.pdf.with_suffix(".zip")
    if archive.is_file():
        write_line(f"{_shown(archive)} is still the last build's; `reportgen build` renews it")


@app.command()
def preview(
    study: StudyName,
    profile: Profile = "default",
    data_dir: DataDir = None,
    store: StoreDir = None,
    locked: Locked = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the address; 0 for any that is free.")
    ] = 0,
    opened: Annotated[bool, typer.Option("--open", help="Open the browser too.")] = False,
    debug: Debug = False,
) -> None:
    """Show the report in a browser, and again after each change of a file. Nothing is run."""
    order = _order(study, profile, data_dir, store, locked=locked)
    pipeline.preview(order, Window(port, opened), PlainLines(), write_line)
    write_line("the preview has ended")


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
        checked = pipeline.check(order, progress)
    for warning in checked.warnings:
        write_line(f"warning: {warning}")
    if checked.faults:
        raise StaleError("\n".join(checked.faults))
    write_line("every question is answered with the artefacts that it needs")


@app.command()
def why(
    study: StudyName,
    experiment: Annotated[str | None, typer.Argument(metavar="[EXPERIMENT]")] = None,
    profile: Profile = "default",
    data_dir: DataDir = None,
    store: StoreDir = None,
    locked: Locked = False,
    debug: Debug = False,
) -> None:
    """Say for each stage whether it would run, resume or be reused, and what changed."""
    order = _order(study, profile, data_dir, store, locked=locked)
    with open_progress() as progress:
        lines = pipeline.why(order, progress, experiment)
    write_line("\n".join(lines))


@app.command()
def facts(
    study: StudyName,
    experiment: Annotated[str | None, typer.Argument(metavar="[EXPERIMENT]")] = None,
    brief: Annotated[
        bool, typer.Option("--brief", help="Epochs, matrix cells and other series in a line each.")
    ] = False,
    profile: Profile = "default",
    data_dir: DataDir = None,
    store: StoreDir = None,
    locked: Locked = False,
    debug: Debug = False,
) -> None:
    """Print every fact that a template may use: id, value, unit, what it means."""
    order = _order(study, profile, data_dir, store, locked=locked)
    with open_progress() as progress:
        lines = pipeline.list_facts(order, progress, experiment, brief=brief)
    write_line("\n".join(lines))


@app.command()
def trace(
    study: StudyName,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As printed, or a fact's id.")],
    profile: Profile = "default",
    data_dir: DataDir = None,
    store: StoreDir = None,
    locked: Locked = False,
    debug: Debug = False,
) -> None:
    """Tell where a printed value came from: fact, run, stage, data, code, machine."""
    order = _order(study, profile, data_dir, store, locked=locked)
    with open_progress() as progress:
        lines = pipeline.trace(order, progress, value)
    write_line("\n".join(lines))


@new.command("study")
def new_study(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Its name, such as clothes.")],
    dataset: Annotated[
        str, typer.Option(help="Data to begin with: digits, mnist-5k, fashion-mnist and others.")
    ] = "digits",
    title: Annotated[
        str | None, typer.Option(help="Title of the report.", show_default=False)
    ] = None,
    debug: Debug = False,
) -> None:
    """Begin a study that builds as it stands, and its project where there is none."""
    here = Path.cwd()
    root = root_above(here)
    written, beside = pipeline.new_study(root or here, study, dataset, title)
    if root is None:
        write_line(f"no project here or above: began one in {here}")
    if beside:
        write_line(f"wrote {len(beside)} files that every project has, in templates/ and schema/")
    for path in written:
        write_line(f"wrote {_shown(path)}")
    write_line(f"`reportgen build {study}` makes the report as it stands; then write what is")
    write_line(f"marked TODO: `reportgen check {study}` finds it")


@new.command("question")
def new_question(
    study: StudyName,
    question: Annotated[str, typer.Argument(metavar="ID", help="Its id, such as edge_cases.")],
    debug: Debug = False,
) -> None:
    """Add a question to the assignment and the report, with a template to fill in."""
    order = _order(study, "default", None, None)
    for path in pipeline.new_question(order, question):
        write_line(f"wrote {_shown(path)}")
    write_line(f"now write the three texts marked TODO; `reportgen check {study}` finds them")


@new.command("dataset")
def new_dataset(
    study: StudyName,
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Whose data.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, .pkl or .npz.")],
    profile: Profile = "default",
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Write an experiment's data set, undivided as it lies, into one file of arrays."""
    order = _order(study, profile, data_dir, None)
    target = folder_asked_for(file, "FILE")
    lines = pipeline.new_dataset(order, experiment, target)
    write_line("\n".join([f"wrote {_shown(target)}", *lines]))


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
        bool, typer.Option("--all", help="Remove the store too: finished training, of all studies.")
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
        error.show()  # type: ignore[attr-defined]
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback for a user
        where = f"{type(error).__name__}: {error}"
        _fail(error, f"a fault of reportgen itself ({where}); run again with --debug", 1)
    if code == INTERRUPTED:  # as Typer returns it too
        write_line("interrupted; what was finished is kept", sys.stderr)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(error: Exception, message: str, code: int) -> None:
    """Tell an error in its own words, with the traceback only where asked for, and exit."""
    if "--debug" in sys.argv[1:]:
        import traceback

        traceback.print_exception(error)
    message = abridged(message)
    write_line(f"error: {message}" if "\n" not in message else f"errors:\n{message}", sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
