"""The people who review: names, roles, passwords."""

from serving.people.people import People, Person, PersonRole, TooManyGuesses
from serving.people.throttle import Throttle

__all__ = ["People", "Person", "PersonRole", "Throttle", "TooManyGuesses"]
