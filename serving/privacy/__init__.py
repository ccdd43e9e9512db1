"""What of a person is kept and who sees it: erasure on request, and fields that are split so that nobody sees all."""
