"""The publisher's files, unpacked or in archives."""

import pytest
from dataset_files import LAYOUTS, write, zipped

from sklearn_crossl.datasets import _archives
from sklearn_crossl.datasets._files import Files
from sklearn_crossl.datasets._tables import read_table

CONTENT = {
    "data/s2_acc.txt": b"2 acc",
    "data/s10_acc.txt": b"10 acc",
    "data/s2_gyro.txt": b"2 gyro",
    "__MACOSX/data/._s2_acc.txt": b"clutter",
    "data/._s2_gyro.txt": b"clutter",
}


def view(home, name="set"):
    places = [home / name, home / f"{name}.zip", home / "raw" / name]
    return Files(home, [*places, home / "raw" / f"{name}.zip"])


def contents(found):
    return {groups: member.read() for groups, member in found.items()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_are_found_however_they_lie(tmp_path, layout):
    LAYOUTS[layout](tmp_path, "set", CONTENT)
    before = sorted(tmp_path.rglob("*"))
    with view(tmp_path) as files:
        found = files.find(r"data/s(\d+)_(acc|gyro)\.txt")
        assert list(found) == [("2", "acc"), ("2", "gyro"), ("10", "acc")]
        assert contents(found)["10", "acc"] == b"10 acc"
        assert files.one(r"s2_gyro\.txt").read() == b"2 gyro"
        assert files.has(r"s10_acc\.txt")
        assert not files.has(r"0_acc\.txt")  # whole names
        assert not files.has(r"s10_acc")
    assert sorted(tmp_path.rglob("*")) == before  # nothing was written


def test_a_read_only_home(tmp_path):
    LAYOUTS["archive in archive"](tmp_path, "set", CONTENT)
    tmp_path.chmod(0o500)
    try:
        with view(tmp_path) as files:
            assert files.one(r"s2_acc\.txt").read() == b"2 acc"
    finally:
        tmp_path.chmod(0o700)


def test_the_first_place_counts(tmp_path):
    write(tmp_path / "raw" / "set.zip", zipped({"a1.txt": b"raw", "a2.txt": b"raw"}))
    write(tmp_path / "set" / "x.zip", zipped({"top/a1.txt": b"packed"}))
    with view(tmp_path) as files:
        assert contents(files.find(r"a(\d)\.txt")) == {("1",): b"packed", ("2",): b"raw"}
    write(tmp_path / "set" / "top" / "a1.txt", b"unpacked")
    with view(tmp_path) as files:
        assert files.one(r"a1\.txt").read() == b"unpacked"


def test_archives_in_archives_are_opened_if_asked_for(tmp_path, monkeypatch):
    people = {f"person{i}.zip": zipped({f"{i}.csv": b"%d" % i}) for i in range(3)}
    write(tmp_path / "set.zip", zipped(people))
    copied = []
    monkeypatch.setattr(
        _archives.shutil,
        "copyfileobj",
        lambda stream, copy, size: (
            copied.append(stream.name),
            copy.write(stream.read()),
        ),
    )
    with view(tmp_path) as files:
        assert len(files.find(r"person(\d)\.zip", inside="nothing")) == 3
        assert files.has(r"person2\.zip")
        assert not copied
        assert contents(files.find(r"(\d)\.csv", inside="person1")) == {("1",): b"1"}
        assert copied == ["person1.zip"]


def test_large_inner_archives_wait_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(_archives, "SPOOL_BYTES", 10)
    LAYOUTS["archive in archive"](tmp_path, "set", CONTENT)
    with view(tmp_path) as files:
        assert files.one(r"s2_acc\.txt").read() == b"2 acc"


def test_few_archives_stay_open(tmp_path, monkeypatch):
    monkeypatch.setattr(_archives, "N_OPEN", 2)
    for i in range(5):
        inner = zipped({f"{i}.csv": b"%d" % i})
        write(tmp_path / "set" / f"{i}.zip", zipped({"inner.zip": inner}))
    with view(tmp_path) as files:
        found = files.find(r"(\d)\.csv")
        for _ in range(2):
            assert b"".join(member.read() for member in found.values()) == b"01234"
        assert len(files._archives._opened) == 2
    assert not files._archives._opened


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/../../out.txt", "/out.txt", "C:/out.txt"]
)
def test_names_that_lead_out_are_refused(tmp_path, name):
    write(tmp_path / "set.zip", zipped({"in.txt": b"", name: b""}))
    with (
        view(tmp_path) as files,
        pytest.raises(OSError, match="leads out of the archive"),
    ):
        files.has(r"in\.txt") and files.has("another")


def test_encrypted_archives_are_refused(tmp_path):
    packed = bytearray(zipped({"secret.txt": b"x"}))
    packed[6] |= 1  # the flags, in the member's own header
    packed[packed.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    write(tmp_path / "set.zip", bytes(packed))
    with view(tmp_path) as files, pytest.raises(OSError, match=r"encrypted .*secret.txt"):
        files.has(r"secret\.txt")


@pytest.mark.parametrize("depth", [0, 1])
def test_incomplete_archives_are_named(tmp_path, depth):
    broken = zipped(CONTENT)[:-30]
    write(tmp_path / "set.zip", zipped({"inner.zip": broken}) if depth else broken)
    label = "set.zip/inner.zip" if depth else "set.zip"
    with view(tmp_path) as files, pytest.raises(OSError, match=f"{label} is not a compl"):
        files.has("anything")


def test_damaged_members_are_errors(tmp_path):
    packed = bytearray(zipped({"a.txt": b"1 2 3\n" * 50}, compresslevel=0))
    packed[60] ^= 1
    write(tmp_path / "set.zip", bytes(packed))
    with view(tmp_path) as files, pytest.raises(OSError, match=r"a\.txt .* is damaged"):
        files.one(r"a\.txt").read()


def test_what_is_not_there(tmp_path):
    LAYOUTS["folder"](tmp_path, "set", CONTENT)
    with view(tmp_path) as files:
        with pytest.raises(OSError, match=r"No file s3_acc.* in .*set; is the data set"):
            files.one(r"s3_acc\.txt")
        found = files.find(r"s(\d+)_acc\.txt")
        with pytest.raises(OSError, match=r"no file .*_acc.* with \('3',\)"):
            found["3",]
    with view(tmp_path / "nowhere") as files:
        assert not files.find(".*")


def test_tables(tmp_path):
    write(tmp_path / "set" / "good.csv", b"\xef\xbb\xbfx,y\r\n1,2.5\r\nNaN,-4e2\r\n")
    write(tmp_path / "set" / "bad.csv", b"1 2\n3\n")
    with view(tmp_path) as files:
        table = read_table(files.one(r"good\.csv"), delimiter=",", skiprows=1)
        assert table.dtype == "float32"
        assert table.shape == (2, 2)
        assert table[0].tolist() == [1, 2.5]
        with pytest.raises(OSError, match=r"set/bad.csv is not as published: .*row 2"):
            read_table(files.one(r"bad\.csv"))


def test_folders_behind_links(tmp_path):
    LAYOUTS["folder"](tmp_path / "disk", "set", CONTENT)
    data = tmp_path / "disk" / "set" / "Any Top" / "data"
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "data").symlink_to(data)
    (data / "back").symlink_to(tmp_path / "set")  # in a circle
    with view(tmp_path) as files:
        found = files.find(r"data/s(\d+)_(acc|gyro)\.txt")
        assert list(found) == [("2", "acc"), ("2", "gyro"), ("10", "acc")]
