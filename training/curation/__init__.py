"""Curation: what is most worth labelling next, which labels look wrong, and what is there twice."""
