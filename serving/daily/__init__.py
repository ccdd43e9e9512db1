"""The report of a day: what a whole company reads, from questions that anybody may ask again."""

from serving.daily.day import Day, day_of
from serving.daily.post import NotSent, Server, send, server
from serving.daily.questions import NAMES, question
from serving.daily.report import Report, Reports, log_report, report_of

__all__ = [
    "NAMES", "Day", "NotSent", "Report", "Reports", "Server", "day_of", "log_report", "question", "report_of",
    "send", "server",
]  # fmt: skip
