"""The one place that imports torchvision, and the reason why it needs care.

Next to a CPU build of torch, a CUDA build of torchvision (the only one on PyPI) fails at import: "operator
torchvision::nms does not exist". Declaring the schemas of its two missing operators before the import is enough for
data sets and transforms; its detectors and image codecs stay unusable, and nothing here uses them.
"""

import importlib
from types import ModuleType

from torch import library

_DECLARED: list[library.Library] = []


def load_torchvision(module: str) -> ModuleType:
    """Import `torchvision.<module>` beside any build of torch."""
    if not _DECLARED:
        declared = library.Library("torchvision", "FRAGMENT")
        for schema in (
            "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
            "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        ):
            try:
                declared.define(schema)
            except RuntimeError:  # this torchvision brings its own
                break
        _DECLARED.append(declared)
    return importlib.import_module(f"torchvision.{module}")
