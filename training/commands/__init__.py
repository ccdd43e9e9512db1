"""The commands that training adds to `penfield`; each imports what is heavy when it is called."""
