"""Decisions: what is accepted and what goes to a person, and which values cannot be."""
