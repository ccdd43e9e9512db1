"""Three engines that read the same crops: Penfield, PP-OCRv6 (through rapidocr) and Tesseract 5.

Each runs in a process of its own, single-threaded: `python -m benchmarks.peers.run ENGINE ...`. The peers live in
.venv/peers, which `install` builds; what runs there (`job`, `run`, `trie`, `ppocr`, `tesseract`) imports nothing of
Penfield.
"""
