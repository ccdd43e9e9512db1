"""Automata: what regular expressions, lexicons, dates, bounds and check digits let people write."""

from recognizer.automaton.automaton import Automaton, from_machine, from_tree
from recognizer.automaton.machine import TooLargeError

__all__ = ["Automaton", "TooLargeError", "from_machine", "from_tree"]
