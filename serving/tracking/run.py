"""One MLflow store as the rest of the house sees it: runs, tables, traces, models; everything may be said twice."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, wraps
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from serving.tracking import dataset, registry, trace
from serving.tracking.store import Store, StoreUnreachable, open_store

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from mlflow import MlflowClient
    from mlflow.tracing.client import TracingClient

KEY_TAG = "penfield.key"
TABLES_TAG = "mlflow.loggedArtifacts"
MAX_PARAM_CHARS = 6000
METRICS_PER_CALL = 1000
STORE_PACKAGES = {"mlflow", "sqlalchemy", "requests", "urllib3"}

P = ParamSpec("P")
T = TypeVar("T")


def _told(method: Callable[P, T]) -> Callable[P, T]:
    """Whatever the store raises becomes `StoreUnreachable`, with the first line of what it said."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except Exception as error:
            if not isinstance(error, OSError) and type(error).__module__.split(".")[0] not in STORE_PACKAGES:
                raise
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise StoreUnreachable(f"the MLflow store failed: {said[0][:300]}") from error

    return call


class Tracking:
    """The MLflow store that belongs to a store folder.

    Every call may be repeated with the same arguments without doubling anything: runs are found again by their key,
    files are written over, metrics with the same time and value count once. That makes delivery exactly once.
    Raises `StoreUnreachable` at once where the store does not answer, and whenever it fails later.
    """

    def __init__(self, folder: Path) -> None:
        self.store: Store = open_store(Path(folder))
        self.store.probe()
        self.store.prepare_environment()
        with self.store.locked("mlflow"):  # cold starts of one empty SQLite store crash each other in its migrations
            _ = self._client

    @cached_property
    def _client(self) -> MlflowClient:
        import mlflow

        client = mlflow.MlflowClient(tracking_uri=self.store.uri, registry_uri=self.store.uri)
        client.search_experiments(max_results=1)
        return client

    @cached_property
    def _traces(self) -> TracingClient:
        from mlflow.tracing.client import TracingClient

        return TracingClient(self.store.uri)

    @_told
    def experiment(self, name: str) -> str:
        """The id of the experiment, which is made where there is none."""
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        folder = (self.store.artifacts / name).as_uri() if self.store.artifacts else None
        return str(self._client.create_experiment(name, artifact_location=folder))

    @_told
    def open_run(
        self,
        experiment: str,
        key: str,
        *,
        name: str | None = None,
        params: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
        started_at_ms: int | None = None,
    ) -> str:
        """The id of the one run with this key; it is made, with its params and tags, where there is none."""
        experiment_id = self.experiment(experiment)
        run_id = self._find_run(experiment_id, key)
        if run_id is None:
            run = self._client.create_run(
                experiment_id, start_time=started_at_ms, tags={KEY_TAG: key, **(tags or {})}, run_name=name
            )
            run_id = run.info.run_id
        self.log_params(run_id, params or {})
        return str(run_id)

    def _find_run(self, experiment_id: str, key: str) -> str | None:
        """The oldest run with the key. A call that timed out may have made another all the same: it is deleted."""
        if '"' in key:
            raise ValueError(f"the key of a run must not hold a double quote: {key}")
        runs = self._client.search_runs(
            [experiment_id], f'tags.`{KEY_TAG}` = "{key}"', order_by=["attributes.created ASC"]
        )
        for spare in runs[1:]:
            self._client.delete_run(spare.info.run_id)
        return str(runs[0].info.run_id) if runs else None

    @_told
    def log_params(self, run_id: str, params: Mapping[str, object]) -> None:
        """Write params down; one that the run has already keeps its first value, as MLflow's params cannot change."""
        from mlflow.entities import Param

        known = self._client.get_run(run_id).data.params
        new = [Param(k, str(v)[:MAX_PARAM_CHARS]) for k, v in params.items() if k not in known]
        for start in range(0, len(new), 100):
            self._client.log_batch(run_id, params=new[start : start + 100])

    @_told
    def set_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run; a tag that is there is written over."""
        from mlflow.entities import RunTag

        self._client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])

    @_told
    def tags(self, run_id: str) -> dict[str, str]:
        """All tags of a run."""
        return dict(self._client.get_run(run_id).data.tags)

    @_told
    def log_metrics(self, run_id: str, metrics: Mapping[str, float], *, at_ms: int, step: int = 0) -> None:
        """Write one value per metric. `at_ms` must be a time of the event, not of the call: it makes repeats equal."""
        self.log_curves(run_id, [(name, value, step) for name, value in metrics.items()], at_ms=at_ms)

    @_told
    def log_curves(self, run_id: str, points: Iterable[tuple[str, float, int]], *, at_ms: int) -> None:
        """Write points (metric, value, step) in bulk; values that are no finite number are left out."""
        from mlflow.entities import Metric

        rows = [Metric(name, float(value), at_ms, step) for name, value, step in points if math.isfinite(value)]
        for start in range(0, len(rows), METRICS_PER_CALL):
            self._client.log_batch(run_id, metrics=rows[start : start + METRICS_PER_CALL])

    @_told
    def log_file(self, run_id: str, path: Path, folder: str | None = None) -> None:
        """Copy a file, or all that a folder holds, to the run's artifacts (below `folder` there)."""
        if path.is_dir():
            self._client.log_artifacts(run_id, str(path), folder)
        else:
            self._client.log_artifact(run_id, str(path), folder)

    def log_bytes(self, run_id: str, artifact: str, data: bytes) -> None:
        """Write `data` to the artifact `artifact` (a path with forward slashes)."""
        place = PurePosixPath(artifact)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / place.name
            path.write_bytes(data)
            self.log_file(run_id, path, str(place.parent) if place.parent.name else None)

    def log_text(self, run_id: str, artifact: str, text: str) -> None:
        """Write `text` to the artifact in UTF-8."""
        self.log_bytes(run_id, artifact, text.encode())

    def log_figure(self, run_id: str, artifact: str, figure: Figure) -> None:
        """Write a matplotlib figure to the artifact in the format that its suffix names."""
        buffer = BytesIO()
        figure.savefig(buffer, format=PurePosixPath(artifact).suffix[1:], bbox_inches="tight")
        self.log_bytes(run_id, artifact, buffer.getvalue())

    def log_parquet(self, run_id: str, artifact: str, frame: pd.DataFrame) -> None:
        """Write a frame as Parquet, compressed with zstd."""
        buffer = BytesIO()
        frame.to_parquet(buffer, compression="zstd", index=False)
        self.log_bytes(run_id, artifact, buffer.getvalue())

    @_told
    def parquet_rows(self, run_id: str, folder: str) -> int:
        """How many rows all Parquet files of an artifact folder hold, read back from the store."""
        import pyarrow.parquet as pq

        with tempfile.TemporaryDirectory() as scratch:
            rows = 0
            for artifact in self._client.list_artifacts(run_id, folder):
                local = self._client.download_artifacts(run_id, artifact.path, scratch)
                rows += pq.read_metadata(local).num_rows
            return rows

    @_told
    def log_table(
        self, run_id: str, artifact: str, frame: pd.DataFrame, images: Mapping[str, Sequence[bytes]] | None = None
    ) -> None:
        """Write a table, with columns of PNG images, that the MLflow UI shows under the run's artifacts.

        The format is that of `MlflowClient.log_table`, which is not used because it appends when it is called again
        and gives every image a random name. Images are named by their digest.
        """
        shown = frame.copy()
        with tempfile.TemporaryDirectory() as scratch:
            for column, pictures in (images or {}).items():
                folder = PurePosixPath("table_images") / PurePosixPath(artifact).stem
                shown.insert(0, column, [_save_image(Path(scratch), folder, png) for png in pictures])
            path = Path(scratch) / artifact
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shown.to_json(orient="split", index=False, date_format="iso"), encoding="utf-8")
            self.log_file(run_id, Path(scratch))
        tables = json.loads(self.tags(run_id).get(TABLES_TAG, "[]"))
        entry = {"path": artifact, "type": "table"}
        if entry not in tables:
            self.set_tags(run_id, {TABLES_TAG: json.dumps([*tables, entry])})

    @_told
    def log_traces(self, experiment: str, run_id: str, traces: Sequence[trace.TraceRecord]) -> int:
        """Store traces in bulk, tied to the run; returns how many of them the store holds afterwards."""
        return trace.log_traces(self._traces, self.experiment(experiment), run_id, traces)

    @_told
    def log_missing_traces(self, experiment: str, run_id: str, traces: Sequence[trace.TraceRecord]) -> int:
        """Store those traces that are not there: what is noted on the others stays. Returns how many are there then."""
        new = trace.missing(self._traces, self.experiment(experiment), run_id, traces)
        return trace.log_traces(self._traces, self.experiment(experiment), run_id, new) + len(traces) - len(new)

    @_told
    def log_expectations(self, expected: Sequence[trace.Expected]) -> int:
        """Add what people said of fields to their traces, once; returns how many of them the store holds then."""
        return trace.log_expectations(self._traces, expected)

    @_told
    def log_dataset(
        self, run_id: str, rows: pd.DataFrame, *, name: str, digest: str, source: str, context: str
    ) -> None:
        """Tell the run of a data set: version (`digest`, at most 36 characters), schema and number of its rows.

        `source` says in words where they come from, `context` what for (`training`, `curation`).
        """
        dataset.log_dataset(self._client, run_id, rows, name=name, digest=digest, source=source, context=context)

    @_told
    def datasets(self, run_id: str) -> dict[str, str]:
        """The data sets of a run: digest by name."""
        inputs = self._client.get_run(run_id).inputs
        return {each.dataset.name: each.dataset.digest for each in (inputs.dataset_inputs if inputs else ())}

    @_told
    def steps(self, run_id: str, metric: str) -> set[int]:
        """The steps at which a metric of a run has values."""
        return {point.step for point in self._client.get_metric_history(run_id, metric)}

    @_told
    def delete_traces(self, experiment: str, keys: Sequence[str]) -> None:
        """Delete the traces with these keys, with all that was noted on them. Again is harmless."""
        ids = [trace.trace_id_of(key) for key in keys]
        self._traces.delete_traces(self.experiment(experiment), trace_ids=ids)

    @_told
    def artifacts(self, run_id: str) -> set[str]:
        """The names of a run's artifacts at the top: files and folders."""
        return {artifact.path for artifact in self._client.list_artifacts(run_id)}

    @_told
    def remove(self, run_id: str, artifact: str) -> None:
        """Remove an artifact, or a folder of them. What is not there is gone already."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        place = PurePosixPath(artifact)
        folder = str(place.parent) if place.parent.name else None
        if artifact in {item.path for item in self._client.list_artifacts(run_id, folder)}:
            uri = self._client.get_run(run_id).info.artifact_uri
            get_artifact_repository(uri, tracking_uri=self.store.uri).delete_artifacts(artifact)

    @_told
    def finish(self, run_id: str, *, status: str = "FINISHED", at_ms: int | None = None) -> None:
        """Mark the run as ended: FINISHED, FAILED or KILLED."""
        self._client.set_terminated(run_id, status, at_ms)

    @_told
    def register_bundle(
        self,
        run_id: str,
        bundle: Path,
        *,
        name: str,
        alias: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Put a bundle folder into MLflow's model registry as a version of `name`; returns the version."""
        return registry.register_bundle(self._client, run_id, bundle, name=name, alias=alias, tags=tags or {})

    @_told
    def has_bundle(self, name: str, bundle_id: str) -> bool:
        """Whether a version of the model `name` holds this bundle."""
        return registry.find_bundle(self._client, name, bundle_id) is not None

    @_told
    def set_alias(self, name: str, alias: str, bundle_id: str) -> None:
        """Have an alias of the model `name` name the version that holds this bundle, or with "" none."""
        registry.set_alias(self._client, name, alias, bundle_id)


def _save_image(root: Path, folder: PurePosixPath, png: bytes) -> dict[str, str]:
    """Save one PNG and its small WebP below `root` as the UI wants them; returns the cell of the table."""
    from hashlib import sha256

    from PIL import Image

    path = folder / sha256(png).hexdigest()[:32]
    full, small = f"{path}.png", f"{path}.webp"
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / full).write_bytes(png)
    image = Image.open(BytesIO(png)).convert("RGB")
    image.thumbnail((256, 256))
    image.save(root / small)
    return {"type": "image", "filepath": full, "compressed_filepath": small}


__all__ = ["StoreUnreachable", "Tracking"]
