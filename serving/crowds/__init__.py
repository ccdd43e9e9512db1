"""Crowds of reviewers. The simulated one drives tests, benchmarks and the demo."""
