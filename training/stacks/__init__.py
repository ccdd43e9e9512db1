"""Stacks are fitted: weights, calibration and promise of every set of components that may be left."""
