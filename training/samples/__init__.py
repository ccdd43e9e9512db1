"""Sample scans: prints forms, fills them in with invented people's handwriting, and scans them well and badly."""
