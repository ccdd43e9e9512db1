"""Erasure of what is known of a person, on request."""
