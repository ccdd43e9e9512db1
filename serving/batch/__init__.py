"""A whole batch: resumable, of forms or of single fields, and what leaves the house."""
