"""One transaction on people's work."""

from sqlalchemy import Connection, text

from serving.ledger.desk.campaigns import Campaigns
from serving.ledger.desk.crowds import Crowds
from serving.ledger.desk.filing import Filing
from serving.ledger.desk.judging import Judging
from serving.ledger.desk.leases import Leases
from serving.ledger.desk.line import Line
from serving.ledger.desk.people import Persons
from serving.ledger.desk.tasks import Tasks
from serving.ledger.desk.votes import Votes

_NOW = {
    "sqlite": text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000+00:00'"),
    "postgresql": text(
        """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00'"""
    ),
}
_LOCK_PERSON = text("SELECT pg_advisory_xact_lock(hashtext('penfield_person'), hashtext(:person))")


class Desk:
    """The tables of people's work within one transaction; what may happen with them is the queue's to say."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.tasks = Tasks(connection)
        self.line = Line(connection)
        self.leases = Leases(connection)
        self.votes = Votes(connection)
        self.people = Persons(connection)
        self.crowds = Crowds(connection)
        self.campaigns = Campaigns(connection)
        self.filing = Filing(connection)
        self.judging = Judging(connection)

    def now(self) -> str:
        """The database's time, as the ledger writes it: leases run on one clock, however many machines serve them."""
        return str(self._connection.scalar(_NOW[self._connection.dialect.name]))

    def lock_person(self, person: str) -> None:
        """One request of a person at a time: two at once might get two fields of one record. In SQLite, who writes is
        alone anyway."""
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(_LOCK_PERSON, {"person": person})
