"""Intake: scans and lists of fields become pages that are ready to be read, in a child process with limits."""
