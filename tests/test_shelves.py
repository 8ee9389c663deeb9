"""Shelves (存放处): the store works the same on disk and on S3, checks hashes, and is carried over without a loss."""

import hashlib

import pytest

from jiedao.ground import shelves, store, uploads
from jiedao.kit.refusal import Refused
from jiedao.record.models import Attachment
from tests.residents import Resident, photo


@pytest.fixture
def s3(settings, monkeypatch, tmp_path):
    """A bucket that moto plays; the disk is an empty folder."""
    from moto import mock_aws

    settings.MEDIA_ROOT = tmp_path
    settings.S3_ENDPOINT, settings.S3_REGION, settings.S3_PREFIX = "", "us-east-1", "jiedao"
    settings.S3_BUCKET, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = "files", "test", "test"
    shelves._bucket.cache_clear()
    with mock_aws():
        bucket = shelves.named("s3")
        bucket.client.create_bucket(Bucket="files")
        yield bucket
    shelves._bucket.cache_clear()


@pytest.fixture(params=["disk", "s3"])
def shelf(request, s3, settings):
    settings.FILES_STORE = request.param
    return shelves.shelf()


def test_a_shelf_keeps_finds_lists_and_drops(shelf):
    assert shelf.put("d1/2026/a.jpg", b"one") and shelf.put("d1/2026/b.jpg", b"three")

    assert shelf.get("d1/2026/a.jpg") == b"one" and shelf.has("d1/2026/a.jpg")
    assert sorted((kept.path, kept.size) for kept in shelf.each("d1")) == [("d1/2026/a.jpg", 3), ("d1/2026/b.jpg", 5)]
    assert list(shelf.each("d2")) == []
    shelf.drop("d1/2026/a.jpg")
    with pytest.raises(FileNotFoundError):
        shelf.get("d1/2026/a.jpg")
    assert not shelf.has("d1/2026/a.jpg")


def test_of_two_fresh_ones_the_first_stays(shelf):
    assert shelf.put("d1/note.json", b"first", fresh=True)

    assert not shelf.put("d1/note.json", b"second", fresh=True)
    assert shelf.get("d1/note.json") == b"first"


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "d1/../../x", "", "d1\\..\\x", "a\0b"])
def test_no_path_leaves_a_shelf(shelf, path):
    with pytest.raises(FileNotFoundError):
        shelf.get(path)


def test_an_upload_is_served_from_either_shelf(shelf, in_gulou):
    resident = Resident()
    number, _ = resident.reported(photos=[photo()])
    file = Attachment.objects.get(case__number=number)

    answer = resident.get(f"/files/{file.id}/")

    assert answer.status_code == 200 and hashlib.sha256(answer.content).digest() == bytes(file.sha256)
    assert resident.get(f"/files/{file.id}/thumb/").status_code == 200
    assert {kept.path for kept in shelf.each("d320106")} == {file.path, file.thumb}


def test_a_file_that_was_changed_on_its_shelf_is_not_served(shelf, in_gulou):
    resident = Resident()
    number, _ = resident.reported(photos=[photo()])
    file = Attachment.objects.get(case__number=number)

    shelf.put(file.path, shelf.get(file.path) + b"x")

    assert resident.get(f"/files/{file.id}/").status_code == 404


def test_a_hostile_file_is_refused_alike_and_leaves_nothing(shelf, in_gulou):
    with pytest.raises(Refused, match="bad_file"):
        store.take([b"\x89PNG\r\n\x1a\nbroken"], "lamp.jpg")

    assert list(shelf.each()) == []


def test_an_upload_of_a_program_is_found_again(shelf, in_gulou):
    ident, file = uploads.keep([photo().read()], "lamp.jpg", scope="p", key="k")

    assert uploads.named(str(ident), scope="p") == file
    assert uploads.keep([photo().read()], "lamp.jpg", scope="p", key="k")[0] == ident


def test_a_store_that_is_down_says_so(s3, settings, in_gulou):
    settings.FILES_STORE = "s3"
    resident = Resident()
    number, _ = resident.reported(photos=[photo()])
    file = Attachment.objects.get(case__number=number)
    s3.bucket = "another"

    assert resident.get(f"/files/{file.id}/").status_code == 503
    with pytest.raises(Refused, match="store_down"):
        store.take([photo("red").read()], "lamp.jpg")


def test_a_full_disk_says_so(settings, tmp_path, in_gulou):
    settings.FILES_STORE, settings.MEDIA_ROOT = "disk", tmp_path / "file" / "below"
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(Refused, match="store_down"):
        store.take([photo().read()], "lamp.jpg")


def move(*words: str) -> int:
    import argparse

    from jiedao.doors.commands import files

    parser = argparse.ArgumentParser()
    files.arguments(parser)
    return files.run(parser.parse_args(["move", *words]))


def test_files_are_carried_to_the_bucket_and_back_without_a_loss(s3, tmp_path, capsys):
    disk = shelves.named("disk")
    for n in range(5):
        disk.put(f"d1/2026/{n}.jpg", bytes([n]) * 1000)
    before = {kept.path: disk.get(kept.path) for kept in disk.each()}

    assert move("--to", "s3") == 0 and "5 copied" in capsys.readouterr().out
    assert move("--to", "s3") == 0 and "0 copied to s3, 5 were there" in capsys.readouterr().out
    assert move("--to", "s3", "--drop") == 0 and list(disk.each()) == []
    assert move("--to", "disk", "--drop") == 0

    assert {kept.path: disk.get(kept.path) for kept in disk.each()} == before
    assert list(s3.each()) == []
