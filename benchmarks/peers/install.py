"""Build the peers' own environment, and Debian's Tesseract where it is missing.

Not in .venv itself: rapidocr brings another OpenCV, and two of them in one environment destroy each other.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from recognizer.errors import PenfieldError, UsageError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv" / "peers"
PINS = ROOT / "benchmarks" / "peers.txt"
LANGUAGES = ("eng", "deu", "fra")
PACKAGES = ("tesseract-ocr", *(f"tesseract-ocr-{language}" for language in LANGUAGES))


def install_peers() -> None:
    """Install what is not there yet.

    Raises:
        UsageError: Tesseract is missing and cannot be installed by this user.
        PenfieldError: pip or apt-get failed.
    """
    install_tesseract()
    install_environment(FOLDER, PINS)


def python_of(engine: str) -> Path:
    """The Python that runs an engine."""
    return Path(sys.executable) if engine == "penfield" else FOLDER / "bin" / "python"


def install_environment(folder: Path, pins: Path) -> None:
    """Build an environment with exactly the pinned packages; once, and again when the pins change."""
    stamp, wanted = folder / "ready", pins.read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    print(f"setting up {folder}: a minute, once", file=sys.stderr, flush=True)
    run([sys.executable, "-m", "venv", "--clear", str(folder)])
    run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
          "--no-deps", "-r", str(pins)])  # fmt: skip
    stamp.write_text(wanted, encoding="utf-8")


def install_tesseract() -> None:
    """Install Debian's package of Tesseract and its languages, if need be and allowed."""
    if not missing_languages():
        return
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise UsageError(f"Tesseract 5 with {', '.join(LANGUAGES)} is missing - mend: sudo {' '.join(command)}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    run(["apt-get", "update", "-qq"])
    run(command)


def missing_languages() -> set[str]:
    """Those of the needed languages that Tesseract does not have; all of them where there is no Tesseract."""
    program = shutil.which("tesseract")
    if program is None:
        return set(LANGUAGES)
    listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=False).stdout
    return set(LANGUAGES) - set(listed.split())


def run(command: list[str]) -> None:
    """Run a program quietly. Raises PenfieldError with the end of what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise PenfieldError(f"{' '.join(command)} failed:\n{tail}")
