"""From an alarm to its cause: which slice, since which page, at which stage, and what to do about it."""

from serving.diagnose.diagnosis import Diagnosis, diagnose
from serving.diagnose.lattice import Slice, Terms, worst_slices

__all__ = ["Diagnosis", "Slice", "Terms", "diagnose", "worst_slices"]
