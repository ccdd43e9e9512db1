"""How records leave the house: as files of a batch, as exports, and what is delivered again after a correction."""
