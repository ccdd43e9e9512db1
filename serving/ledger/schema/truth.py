"""What people settled: verdicts, and what became of the records."""
