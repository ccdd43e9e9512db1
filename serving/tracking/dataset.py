"""Data sets in MLflow, by `mlflow.data`: name, version, schema, profile and where the rows come from."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient

MOST_DIGEST = 36
"""Characters that MLflow allows."""


def log_dataset(
    client: MlflowClient, run_id: str, rows: pd.DataFrame, *, name: str, digest: str, source: str, context: str
) -> None:
    """Tell a run of a data set that it used for `context`. The same one again changes nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mlflow warns of integers that might be missing
        from mlflow.data.pandas_dataset import from_pandas
        from mlflow.entities import DatasetInput, InputTag

        data = from_pandas(rows, source=_source(source), name=name, digest=digest[:MOST_DIGEST])
        entity = data._to_mlflow_entity()
    client.log_inputs(run_id, [DatasetInput(dataset=entity, tags=[InputTag("mlflow.data.context", context)])])


def _source(where: str):  # type: ignore[no-untyped-def]  # a class of mlflow's, which must not be imported early
    """A ledger is no place that MLflow knows: it keeps the words."""
    from mlflow.data.code_dataset_source import CodeDatasetSource

    return CodeDatasetSource(tags={"penfield.source": where})
