"""Accuracy as a promise: a target per kind of field, and the threshold that keeps it with stated certainty."""

from serving.promise.labels import Labelled, Labels, check_labels, load_labels, save_labels
from serving.promise.policy import Policy, Target, load_policy
from serving.promise.promise import Promise, promise_of, promises_left
from serving.promise.threshold import Threshold, choose

__all__ = [
    "Labelled", "Labels", "Policy", "Promise", "Target", "Threshold", "check_labels", "choose", "load_labels",
    "load_policy", "promise_of", "promises_left", "save_labels",
]  # fmt: skip
