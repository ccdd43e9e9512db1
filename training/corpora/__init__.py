"""Corpora: where samples of handwriting come from. Each draws `Sample`s of one split, writer-disjoint."""
