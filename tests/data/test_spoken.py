"""The spoken digits, brought to where they are looked for."""

import io
import tarfile

import pytest

from musegan.data import spoken
from musegan.data.spoken import ADDRESS, fetch_recordings, sum_of
from musegan.errors import CorpusError

RECORDINGS = {f"{digit}_lucas_{number}.wav": bytes([digit, number]) for digit in range(3)
              for number in range(2)}  # fmt: skip


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setattr(spoken, "SUM", sum_of(RECORDINGS))


def no_network(address):
    raise AssertionError(f"{address} was asked for")


def archive():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for name, data in (RECORDINGS | {"README.md": b"x"}).items():
            member = tarfile.TarInfo(f"set-1.0/recordings/{name}")
            member.size = len(data)
            file.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def test_a_local_copy_is_taken_by_any_of_its_names(tmp_path):
    for name in ("free-spoken-digits", "free-spoken-digit-dataset/recordings"):
        local, target = tmp_path / "data", tmp_path / name.replace("/", "-")
        place = local / name
        place.mkdir(parents=True)
        for file, data in RECORDINGS.items():
            (place / file).write_bytes(data)
        assert "6 recordings copied, licence CC BY-SA 4.0" in fetch_recordings(
            target, [local], no_network
        )
        assert {path.name: path.read_bytes() for path in target.iterdir()} == RECORDINGS
        assert "was there" in fetch_recordings(target, [], no_network)


def test_without_a_copy_the_archive_is_fetched(tmp_path):
    asked = []

    def download(address):
        asked.append(address)
        return archive()

    assert "6 recordings fetched" in fetch_recordings(tmp_path / "new", [tmp_path], download)
    assert asked == [ADDRESS]
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(RECORDINGS)


def test_another_set_is_refused_and_nothing_written(tmp_path):
    (tmp_path / "0_lucas_0.wav").write_bytes(b"another")
    with pytest.raises(CorpusError, match=r"not the 3,000 recordings that are known,.*1 files"):
        fetch_recordings(tmp_path / "new", [tmp_path], no_network)
    assert not (tmp_path / "new").exists()


def test_what_is_no_archive_is_refused_in_a_line(tmp_path):
    with pytest.raises(CorpusError, match="sent no archive of recordings"):
        fetch_recordings(tmp_path / "new", [], lambda address: b"<html>")
