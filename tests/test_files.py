"""Files are whole or absent, whenever Ctrl-C comes."""

import os
import signal
import stat
import sys

import pytest

from musegan.files import write_whole, written_aside


def test_a_file_is_there_once_it_is_whole(tmp_path):
    path = tmp_path / "a.mid"
    with written_aside(path) as aside:
        aside.write_bytes(b"whole")
        assert not path.exists()
        assert aside.suffix == ".mid"
    assert path.read_bytes() == b"whole"
    assert [one.name for one in tmp_path.iterdir()] == ["a.mid"]


def test_an_error_leaves_what_was_there_before(tmp_path):
    path = tmp_path / "a.mid"
    write_whole(path, b"before")
    with pytest.raises(KeyboardInterrupt), written_aside(path) as aside:
        aside.write_bytes(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["a.mid"]


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="missing"):
        write_whole(tmp_path / "missing" / "a.mid", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX permissions")
def test_a_file_has_the_permissions_of_any_other(tmp_path):
    write_whole(tmp_path / "a", b"")
    (tmp_path / "b").touch()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "b").stat().st_mode
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_as_soon_as_the_file_is_made_leaves_nothing(tmp_path, monkeypatch):
    made = os.open

    def interrupted(*arguments, **more):
        descriptor = made(*arguments, **more)
        if ".a-" in str(arguments[0]):
            os.close(descriptor)
            os.kill(os.getpid(), signal.SIGINT)
        return descriptor

    monkeypatch.setattr(os, "open", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.mid", b"whole")
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
