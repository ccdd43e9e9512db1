"""The office: what machines doubt is put to people, and what people say becomes true."""

from serving.consensus import Entry
from serving.office.filing import Became
from serving.office.group import Group, Verified
from serving.office.office import Office, Progress
from serving.office.plausible import Implausible
from serving.office.question import Question, Said
from serving.office.tick import Ticked
from serving.queue import Lease, Rules, Submitted, TooLate

__all__ = [
    "Became", "Entry", "Group", "Implausible", "Lease", "Office", "Progress", "Question", "Rules", "Said", "Submitted",
    "Ticked", "TooLate", "Verified",
]  # fmt: skip
