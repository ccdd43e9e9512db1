"""`penfield thresholds`: what can be promised of a model's readings, as a table and a picture."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from serving.promise import Policy, Promise, load_policy, promise_of
from serving.promise.promise import thresholds_of

if TYPE_CHECKING:
    from serving.promise import Target, Threshold

PICTURE = "trade_off.png"


def policy_of(path: Path | None, accuracy: float | None, certainty: float | None) -> Policy:
    """The policy of a file, or the built-in one, with another accuracy and certainty for kinds that it does not name.

    Raises InputError and UsageError for a file that is not there or makes no sense.
    """
    policy = load_policy(path) if path is not None else Policy()
    asked = {"accuracy": accuracy, "certainty": certainty}
    return policy.model_copy(update={name: value for name, value in asked.items() if value is not None})


def show_thresholds(console: Console, bundle: Path, policy: Policy, out: Path | None) -> Promise:
    """Print the table and write the picture into `out`. Raises BundleError where the bundle's labels are damaged."""
    promise = promise_of(bundle, policy)
    kinds = thresholds_of(promise, tuple(policy.kinds))
    console.print(_headline(policy, len(promise.labels)), highlight=False)
    if kinds:
        console.print(_table(promise, kinds))
        console.print("A kind without a threshold goes to review as a whole.", highlight=False)
    for form, wishes in policy.forms.items():
        for kind in wishes:
            threshold = promise.threshold(kind, form)
            console.print(f"on {form}, {kind}: {_verdict(threshold)}", highlight=False)
    if out is not None and kinds:
        console.print(f"picture: {_draw(promise, list(kinds), out)}", highlight=False)
    return promise


def _headline(policy: Policy, kinds: int) -> str:
    wish = f"{policy.accuracy:.2%} of accepted values right, with {policy.certainty:.0%} certainty"
    if not kinds:
        return f"[bold]{wish}: nothing can be promised.[/] The model came without labels: all of its readings go to " \
               "review, but for fields whose form names a threshold."  # fmt: skip
    return f"[bold]{wish}[/], where the policy says nothing else of a kind or form."


def _table(promise: Promise, kinds: "dict[str, Threshold]") -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("kind", no_wrap=True)
    for name in ("target", "labels", "threshold", "accepts", "wrong", "bound"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    for kind, threshold in kinds.items():
        table.add_row(kind, _target(promise.policy.target(kind)), f"{threshold.labels:,}", *_figures(threshold),
                      _verdict(threshold))  # fmt: skip
    return table


def _target(target: "Target") -> str:
    return f"{target.accuracy:.2%}"


def _figures(threshold: "Threshold") -> tuple[str, str, str, str]:
    if threshold.value is None:
        return "-", "-", "-", "-"
    return f"{threshold.value:.6f}", f"{threshold.coverage:.1%}", f"{threshold.risk:.2%}", f"{threshold.bound:.2%}"


def _verdict(threshold: "Threshold") -> str:
    if threshold.value is not None:
        return "[green]kept[/]"
    if threshold.more:
        return f"[yellow]needs {threshold.more:,}+ labels[/]"
    return "[yellow]wrong too often[/]"


def _draw(promise: Promise, kinds: list[str], out: Path) -> Path:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from serving.promise.picture import trade_off

    out.mkdir(parents=True, exist_ok=True)
    figure = trade_off(promise, kinds)
    FigureCanvasAgg(figure)
    figure.savefig(out / PICTURE, dpi=110)
    return out / PICTURE
