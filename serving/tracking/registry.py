"""Bundles in MLflow's model registry: as pyfunc models that hold the bundle folder itself and nothing pickled."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient

LOADER = "serving.tracking.model"
DIGEST_TAG = "penfield.bundle_id"


def register_bundle(
    client: MlflowClient, run_id: str, bundle: Path, *, name: str, alias: str | None, tags: Mapping[str, str]
) -> str:
    """Register the bundle folder as a version of the model `name` and return the version.

    The same bundle, told by its tag `penfield.bundle_id`, becomes a version once; `alias` moves to it each time.
    """
    version = find_bundle(client, name, tags.get(DIGEST_TAG)) or _add(client, run_id, bundle, name, tags)
    if alias:
        client.set_registered_model_alias(name, alias, version)
    return version


def find_bundle(client: MlflowClient, name: str, bundle_id: str | None) -> str | None:
    """The version of the model `name`, which is made where it is missing, that holds this bundle already, if any."""
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
        return None
    versions = client.search_model_versions(f"name = '{name}'")
    return next((str(v.version) for v in versions if bundle_id and v.tags.get(DIGEST_TAG) == bundle_id), None)


def set_alias(client: MlflowClient, name: str, alias: str, bundle_id: str) -> None:
    """Have the alias name the version that holds this bundle, or with "" none. Again is harmless.

    Raises LookupError where no version holds it.
    """
    if not bundle_id:
        if alias in client.get_registered_model(name).aliases:
            client.delete_registered_model_alias(name, alias)
        return
    version = find_bundle(client, name, bundle_id)
    if version is None:
        raise LookupError(f"no version of {name} holds the bundle {bundle_id}")
    client.set_registered_model_alias(name, alias, version)


def _add(client: MlflowClient, run_id: str, bundle: Path, name: str, tags: Mapping[str, str]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mlflow warns of its own type hints
        import mlflow.pyfunc

    with tempfile.TemporaryDirectory() as scratch:
        model = Path(scratch) / "model"
        # Named requirements keep mlflow from loading the model in another process to guess them.
        mlflow.pyfunc.save_model(model, loader_module=LOADER, data_path=str(bundle), pip_requirements=["penfield"])
        client.log_artifacts(run_id, str(model), "model")
    source = f"{client.get_run(run_id).info.artifact_uri}/model"
    return str(client.create_model_version(name, source, run_id, tags=dict(tags)).version)
