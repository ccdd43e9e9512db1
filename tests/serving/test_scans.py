from pathlib import Path

import pytest

from recognizer.errors import InputError
from serving.intake.scans import find_scans


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def names(*named: Path, skip: tuple[Path, ...] = ()) -> list[str]:
    return [scan.name for scan in find_scans(named, skip)]


def test_folders_give_all_their_files_in_natural_order(tmp_path: Path) -> None:
    made(tmp_path, "p10.png", "p9.png", "P1.png", "sub/2.tif", "sub/10.tif", ".hidden", ".git/x.png", "out/records.csv")
    assert names(tmp_path, skip=(tmp_path / "out",)) == ["P1.png", "p9.png", "p10.png", "sub/2.tif", "sub/10.tif"]


def test_a_file_counts_once_however_often_it_is_named(tmp_path: Path) -> None:
    made(tmp_path, "b.png", "a.png")
    assert names(tmp_path / "b.png", tmp_path, tmp_path / "a.png") == ["b.png", "a.png"]


def test_the_same_name_in_two_folders_is_told_apart(tmp_path: Path) -> None:
    one, two = made(tmp_path / "one", "1.png", "2.png"), made(tmp_path / "two", "1.png")
    assert names(one, two) == [(one / "1.png").as_posix(), "2.png", (two / "1.png").as_posix()]


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone: no such file"):
        find_scans([tmp_path / "gone"])
    with pytest.raises(InputError, match="no scans in"):
        find_scans([tmp_path])


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    made(tmp_path, "a.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert names(tmp_path) == ["a.png"]
