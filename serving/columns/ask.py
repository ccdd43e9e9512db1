"""Questions in SQL, answered by DuckDB from the columns alone: nothing can be written, and no other file is read."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from recognizer.errors import UsageError
from serving.columns.keep import Keep, Parts
from serving.columns.shape import SHAPES
from serving.columns.views import VIEWS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

QUESTION = "SELECT"
"""What a question is, as DuckDB names statements. DESCRIBE, SHOW and SUMMARIZE are selections to it; EXPLAIN is none,
since EXPLAIN ANALYZE does whatever it explains."""


class Asking:
    """An open question desk: views on the columns as they were when it was opened. Not for several threads."""

    def __init__(self, keep: Keep, parquet: Mapping[str, Path] | None = None) -> None:
        """`parquet`: more views by name, each on a Parquet file, such as predictions.parquet of a batch.

        Raises UsageError for a name that is taken or no name, or a file that is not there.
        """
        import duckdb

        self._connection = duckdb.connect(":memory:")
        self._open(keep, keep.parts(), parquet or {})

    def __enter__(self) -> "Asking":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, sql: str) -> "pa.Table":
        """The answer to one SELECT. Raises UsageError for anything else, and for what DuckDB does not understand."""
        import duckdb

        try:
            statements = self._connection.extract_statements(sql)
            if len(statements) != 1:
                raise UsageError("one question at a time - mend: one SELECT, with no semicolon within")
            if statements[0].type.name != QUESTION:
                raise UsageError(f"{statements[0].type.name} is no question - mend: SELECT, DESCRIBE or SUMMARIZE")
            return self._connection.sql(statements[0]).to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(f"the query failed: {str(error).strip()}") from error

    def views(self) -> dict[str, list[tuple[str, str]]]:
        """The views with their columns and types."""
        described = {name: self._connection.execute(f"DESCRIBE {name}").fetchall() for name in VIEWS}
        return {name: [(row[0], row[1]) for row in rows] for name, rows in described.items()}

    def _open(self, keep: Keep, parts: Parts, parquet: Mapping[str, Path]) -> None:
        run = self._connection.execute
        run("SET TimeZone = 'UTC'")
        for name in SHAPES:
            _table(self._connection, name, keep.paths(parts, name))
        for name, sql in VIEWS.items():
            run(f"CREATE VIEW {name} AS {sql}")
        for name, path in parquet.items():
            if not name.isidentifier() or name in VIEWS:
                raise UsageError(f"{name!r} cannot be the name of a view - mend: another one, of letters and digits")
            if not path.is_file():
                raise UsageError(f"there is no file {path}")
            run(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{_quoted(path)}')")
        run(f"SET allowed_directories = ['{_quoted(keep.folder)}']")
        paths = ", ".join(f"'{_quoted(path)}'" for path in parquet.values())
        run(f"SET allowed_paths = [{paths}]")
        run("SET enable_external_access = false")
        run("SET lock_configuration = true")


def _table(connection: "duckdb.DuckDBPyConnection", name: str, paths: list[str]) -> None:
    """A table of the columns as a view; one that has no rows yet has its columns all the same."""
    if paths:
        files = ", ".join(f"'{_quoted(Path(path))}'" for path in paths)
        connection.execute(f"CREATE VIEW _{name} AS SELECT * FROM read_parquet([{files}])")
    else:
        connection.register(f"_{name}", SHAPES[name].schema.empty_table())


def _quoted(path: Path) -> str:
    return str(path.resolve()).replace("'", "''")
