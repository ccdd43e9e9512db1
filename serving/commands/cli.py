"""The commands of `penfield` that recognize, deliver and show. Everything heavy is imported when it is needed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serving.commands.told import EXIT_CODES, told

if TYPE_CHECKING:
    from rich.console import Console

    from serving.batch.recognize import Order

NOT_READ = 7
"""Exit code where --strict was given and some page could not be read."""

app = typer.Typer(
    help="Reads handwriting on scanned forms and writes down every prediction.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    add_completion=False,
)
form_app = typer.Typer(help="Check form definitions.", no_args_is_help=True, rich_markup_mode="rich")
app.add_typer(form_app, name="form")

StoreOption = Annotated[
    Path | None,
    typer.Option(help="Folder of the ledger and of MLflow's data.", envvar="PENFIELD_STORE", show_default="store"),
]
LedgerOption = Annotated[
    str | None,
    typer.Option(
        help="Database URL of the ledger, SQLite or PostgreSQL.",
        envvar="PENFIELD_LEDGER",
        show_default="SQLite in the store",
        show_envvar=True,
    ),
]
BundleOption = Annotated[
    Path | None,
    typer.Option(
        help="A model by its folder, its id, or the beginning of its id.",
        envvar="PENFIELD_BUNDLE",
        show_default="the champions: penfield models",
    ),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        help="YAML file: which share of accepted values must be right (docs/PROMISE.md).",
        envvar="PENFIELD_POLICY",
        show_default="99.5% with 95% certainty",
    ),
]
MonitorsOption = Annotated[
    Path | None,
    typer.Option(
        "--monitors",
        help="YAML file: chance of a false alarm, limits (docs/MONITORS.md).",
        envvar="PENFIELD_MONITORS",
        show_default="5%, ever",
    ),
]
LaterOption = Annotated[
    bool, typer.Option("--deliver-later", help="Leave what goes to MLflow in the outbox, for `penfield deliver`.")
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command(epilog=EXIT_CODES)
def recognize(
    scans: Annotated[list[Path], typer.Argument(metavar="SCAN_OR_FOLDER...", help="PDF, TIFF, PNG, JPEG; or folders.")],
    form: Annotated[list[Path], typer.Option(help="A form that the pages may be of; repeat it for several.")],
    out: Annotated[Path, typer.Option(help="Folder for records.jsonl, records.csv and predictions.parquet.")],
    bundle: BundleOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    policy: PolicyOption = None,
    max_pages: Annotated[int, typer.Option(min=1, help="A file with more pages is rejected.")] = 500,
    max_pixels: Annotated[int, typer.Option(min=10_000, help="A page with more pixels is rejected.")] = 50_000_000,
    page_seconds: Annotated[float, typer.Option(min=0.1, help="A page that takes longer is rejected.")] = 30.0,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that prepare scans at the same time.", show_default="one a core, up to 4"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 7 if any page could not be read.")] = False,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """Read filled-in forms: scans in, records out.

    Interrupted and started again, it goes on where it was; what was read before is not read again.
    """
    with told(debug):
        from recognizer.form import load_form
        from recognizer.scan import Limits
        from serving.batch.recognize import Order, default_workers
        from serving.intake.scans import find_scans
        from serving.store import places

        where = places(store, ledger)
        order = Order(
            forms=tuple(load_form(path) for path in form),
            scans=find_scans(scans, skip=(out, where.store)),
            out=out,
            limits=Limits(max_pages=max_pages, max_pixels=max_pixels, seconds_per_page=page_seconds),
            workers=workers or default_workers(),
        )
        _recognize(order, bundle, store, ledger, policy, strict=strict, deliver_later=deliver_later)


def _recognize(
    order: "Order",
    bundle: Path | None,
    store: Path | None,
    ledger: str | None,
    policy: Path | None,
    *,
    strict: bool,
    deliver_later: bool,
) -> None:
    from serving.batch.recognize import recognize
    from serving.commands.session import working
    from serving.commands.summary import batch_summary

    with working(bundle, store, ledger, deliver_later=deliver_later, policy=policy) as work:
        facts = recognize(order, work.door, work.ledger, work.bar)
    batch_summary(_console(), facts, order.out, work.places, work.delivery_line)
    if strict and set(facts.pages_by_status) - {"read", "blank"}:
        raise typer.Exit(NOT_READ)


@app.command(epilog=EXIT_CODES)
def demo(
    out: Annotated[Path, typer.Option(help="Folder for records.jsonl, records.csv and predictions.parquet.")] = Path(
        "out/demo"
    ),
    bundle: BundleOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    policy: PolicyOption = None,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """Recognize the sample scans that ship, and compare with what is written on them."""
    with told(debug):
        import time

        began = time.perf_counter()
        from serving.commands.demo import demo as read_samples
        from serving.commands.demo_summary import demo_summary
        from serving.commands.session import working

        with working(bundle, store, ledger, deliver_later=deliver_later, policy=policy) as work:
            result = read_samples(work, out)
        demo_summary(_console(), result, out, work.places, work.delivery_line, time.perf_counter() - began)


@app.command(epilog=EXIT_CODES)
def read(
    source: Annotated[Path, typer.Option("--in", help="CSV with columns image, kind, optional pattern, lexicon.")],
    out: Annotated[Path, typer.Option("--out", help="CSV to write: the same rows, with what was read.")],
    bundle: BundleOption = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    policy: PolicyOption = None,
    deliver_later: LaterOption = False,
    debug: DebugOption = False,
) -> None:
    """Read images of single fields that were cut out already. Paths in the CSV start at its folder."""
    with told(debug):
        from serving.batch.readings import read_fields
        from serving.commands.session import working
        from serving.commands.summary import batch_summary

        with working(bundle, store, ledger, deliver_later=deliver_later, policy=policy) as work:
            facts = read_fields(source, out, work.door, work.ledger, work.bar)
        batch_summary(_console(), facts, out, work.places, work.delivery_line)


@app.command(epilog=EXIT_CODES)
def thresholds(
    bundle: BundleOption = None,
    policy: PolicyOption = None,
    target: Annotated[
        float | None,
        typer.Option(min=0.5, max=0.999999, help="Share of accepted values to be right.", show_default="0.995"),
    ] = None,
    certainty: Annotated[
        float | None,
        typer.Option(min=0.5, max=0.999999, help="How certain one wants to be of it.", show_default="0.95"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the trade-off as a picture.")] = None,
    store: StoreOption = None,
    ledger: LedgerOption = None,
    debug: DebugOption = False,
) -> None:
    """Show what can be promised of a model: per kind of field the threshold, what it accepts, and how sure that is.

    Without --bundle it is the champion of all fields.
    """
    with told(debug):
        from serving.commands.session import champion_folder
        from serving.commands.thresholds import policy_of, show_thresholds
        from serving.store import places

        folder = champion_folder(bundle, places(store, ledger))
        show_thresholds(_console(), folder, policy_of(policy, target, certainty), out)


@app.command(epilog=EXIT_CODES)
def deliver(store: StoreOption = None, ledger: LedgerOption = None, debug: DebugOption = False) -> None:
    """Bring to MLflow and to webhooks what waits in the ledger."""
    with told(debug):
        from serving.delivery import deliver as deliver_all
        from serving.ledger import open_ledger
        from serving.store import places
        from serving.webhook import post_waiting

        where = places(store, ledger)
        with open_ledger(where.ledger_url) as opened:
            report, posted = deliver_all(opened, where.store), post_waiting(opened)
        typer.echo(report.line, err=bool(report.reason))
        if posted.line:
            typer.echo(posted.line, err=bool(posted.reason))
        if report.reason or posted.reason:
            raise typer.Exit(1)


@app.command()
def ui(
    store: StoreOption = None,
    port: Annotated[int | None, typer.Option(help="Port of the MLflow UI.", show_default="a free one")] = None,
    debug: DebugOption = False,
) -> None:
    """Open the MLflow UI on the store, at the right view, until Ctrl-C."""
    with told(debug):
        from serving.commands.ui import show
        from serving.store import places

        show(places(store).store, port=port, say=typer.echo)


@form_app.command("check", epilog=EXIT_CODES)
def form_check(files: Annotated[list[Path], typer.Argument(metavar="FORM...")], debug: DebugOption = False) -> None:
    """Say everything that is wrong with form definitions: file, line, field and mend."""
    from recognizer.errors import FormError

    wrong = False
    with told(debug):
        from recognizer.form import load_form

        for path in files:
            try:
                form = load_form(path)
            except FormError as error:
                wrong = True
                typer.echo(str(error), err=True)
            else:
                typer.echo(f"{path}: right: {form.name}, {len(form.fields)} fields")
    if wrong:
        raise typer.Exit(FormError.exit_code)


@form_app.command("schema")
def form_schema() -> None:
    """Print the JSON Schema of form definitions, for editors."""
    import json

    from recognizer.form import json_schema

    typer.echo(json.dumps(json_schema(), indent=1))


def _console() -> "Console":
    from rich.console import Console

    return Console(soft_wrap=True)
