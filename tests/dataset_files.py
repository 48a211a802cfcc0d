"""Small files in the publishers' own layouts, and ways in which they may lie there."""

import hashlib
import io
import itertools
import os
import zipfile
from datetime import UTC, datetime, time
from pathlib import Path

import edfio
import numpy as np
import pytest
from openpyxl import Workbook
from scipy.io import savemat

REAL = os.environ.get("SKLEARN_CROSSL_DATA")
# The files here are of two or three subjects.
FEW_SUBJECTS = pytest.mark.filterwarnings("ignore:.*no files of the subjects")


def real_home(name, prepared=True):
    """Return the folder with a set's real files (and prepared windows), or skip."""
    home = Path(REAL or "nowhere")
    paths = [home / name, home / f"{name}.zip", home / "raw" / f"{name}.zip"]
    if not any(path.exists() for path in paths):
        pytest.skip(f"SKLEARN_CROSSL_DATA names no folder with the files of {name}")
    if prepared and not (home / f"{name}.npz").exists():
        pytest.skip(f"SKLEARN_CROSSL_DATA names no folder with {name}.npz")
    return home


def zipped(files, **options):
    """Pack a mapping of names to bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _unpacked(folder, files):
    for name, content in files.items():
        write(folder / name, content)


def _below(top, files):
    return {f"{top}/{name}": content for name, content in files.items()}


# Ways in which a user may have put a set's files into the data home.
LAYOUTS = {
    "folder": lambda home, name, files: _unpacked(home / name / "Any Top", files),
    "archive in folder": lambda home, name, files: write(
        home / name / "its own name.zip", zipped(files)
    ),
    "archive": lambda home, name, files: write(home / f"{name}.zip", zipped(files)),
    "top folder": lambda home, name, files: write(
        home / f"{name}.zip", zipped(_below("Any Top", files))
    ),
    "raw folder": lambda home, name, files: _unpacked(home / "raw" / name, files),
    "raw archive": lambda home, name, files: write(
        home / "raw" / f"{name}.zip", zipped(files)
    ),
    "archive in archive": lambda home, name, files: write(
        home / f"{name}.zip", zipped({"inner.zip": zipped(files), "readme.txt": b"x"})
    ),
}


def rows(array, delimiter=" ", fmt="%.6f"):
    """Write numbers as text."""
    text = io.StringIO()
    np.savetxt(text, array, delimiter=delimiter, fmt=fmt)
    return text.getvalue().encode()


def hapt_files(users=(1, 1, 2), n_samples=400, seed=0):
    """One experiment after another; each sits, transits to standing, and walks."""
    rng = np.random.default_rng(seed)
    files, marks, signals = {"activity_labels.txt": b"1 WALKING           \n"}, [], []
    for number, user in enumerate(users, start=1):
        acc, gyro = rng.normal(size=(2, n_samples, 3)).round(6)
        signals.append((acc, gyro))
        ending = f"_exp{number:02d}_user{user:02d}.txt"
        files[f"RawData/acc{ending}"] = rows(acc)
        files[f"RawData/gyro{ending}"] = rows(gyro)
        marks += [[number, user, 4, 11, 150], [number, user, 8, 151, 200]]
        marks += [[number, user, 1, 230, n_samples]]
    files["RawData/labels.txt"] = rows(marks, fmt="%d")
    return files, signals


def daily_sports_files(activities=(1, 5), subjects=(1, 2), segments=(1, 2, 3), seed=0):
    """Segments of 5 s of an activity on the spot and one on stairs."""
    rng = np.random.default_rng(seed)
    files, tables = {}, {}
    for key in itertools.product(activities, subjects, segments):
        tables[key] = rng.normal(size=(125, 45)).round(4)
        name = "data/a{:02d}/p{}/s{:02d}.txt".format(*key)
        files[name] = rows(tables[key], ",", "%.4f")
    return files, tables


def mhealth_files(subjects=(1, 2, 10), n_samples=1500, seed=0):
    """Each stands, then does nothing in particular, then jumps."""
    rng = np.random.default_rng(seed)
    files, tables = {"MHEALTHDATASET/README.txt": b"MHEALTH"}, {}
    for subject in subjects:
        tables[subject] = rng.normal(size=(n_samples, 24)).round(4)
        tables[subject][:, 23] = np.repeat([1, 0, 12], n_samples // 3)
        name = f"MHEALTHDATASET/mHealth_subject{subject}.log"
        files[name] = rows(tables[subject], "\t", ["%.4f"] * 23 + ["%d"])
    return files, tables


def spar_files(subjects=(1, 2, 10), n_samples=300, seed=0):
    """The first and the last exercise, with either arm."""
    rng = np.random.default_rng(seed)
    files, tables = {"README.rst": b"SPAR"}, {}
    for key in itertools.product(subjects, (0, 6), "LR"):
        tables[key] = rng.normal(size=(n_samples, 6)).round(6)
        name = "csv/S{}_E{}_{}.csv".format(*key)
        files[name] = b"ax,ay,az,wx,wy,wz\n" + rows(tables[key], ",")
    return files, tables


def utd_mhad_files(trials=((1, 1, 1), (1, 2, 1), (27, 1, 4), (27, 2, 3)), seed=0):
    """Trials of unequal lengths, as MATLAB writes them."""
    rng = np.random.default_rng(seed)
    files, matrices = {"Skeleton/Skeleton_joint_order.txt": b"1. head;"}, {}
    for number, key in enumerate(trials):
        inertial = rng.normal(size=(110 + 10 * number, 6))
        skeleton = rng.normal(size=(20, 3, 45 + 5 * number))
        matrices[key] = inertial, skeleton
        for folder, name, matrix in (
            ("Inertial", "d_iner", inertial),
            ("Skeleton", "d_skel", skeleton),
        ):
            file = io.BytesIO()
            savemat(file, {name: matrix}, do_compression=True)
            trial = "a{}_s{}_t{}".format(*key)
            files[f"{folder}/{trial}_{folder.lower()}.mat"] = file.getvalue()
    return files, matrices


HEADINGS = ("Consent", "Baseline/Questionn" + "iare", "Stroop Test", "Relax", "Interview")
STARTS_AT = datetime(2022, 2, 7, 12, 58, tzinfo=UTC)


def time_log(subjects):
    """A workbook with the times of each task, on a clock of twelve hours."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.append(["S. ID.", "Start Time", "End Time", "Session ID"])
    sheet.append([None, None, None, None])
    for column, heading in enumerate([*HEADINGS, "Hyperventilation"]):
        sheet.cell(1, 5 + 2 * column, heading)
        sheet.cell(2, 5 + 2 * column, "Start")
        sheet.cell(2, 6 + 2 * column, "End")
    # From 12:59 on: a minute of consent, then a minute of each; the last two overlap.
    clock = [(12, 59), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4)]
    ends = [(1, 0), (1, 1), (1, 2), (1, 3), (1, 5), (1, 5)]
    for subject in subjects:
        row = [f"S{subject:02d}", time(12, 59), time(1, 5), 1445405]
        for start, end in zip(clock, ends, strict=True):
            row += [time(*start), time(*end)]
        sheet.append(row)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def stress_predict_files(subjects=(1, 2), seconds=480, seed=0):
    """Eight minutes of each, from 12:58; the heart rate begins ten seconds later."""
    rng = np.random.default_rng(seed)
    files, tables = {"Raw_data/Readme": b"Raw"}, {}
    start = STARTS_AT.timestamp()
    for subject in subjects:
        for name, rate, n_columns, late in (
            ("ACC", 32, 3, 0),
            ("BVP", 64, 1, 0),
            ("EDA", 4, 1, 0),
            ("TEMP", 4, 1, 0),
            ("HR", 1, 1, 10),
        ):
            table = rng.integers(-64, 64, size=((seconds - late) * rate, n_columns))
            tables[subject, name.lower()] = table
            lines = [[start + late] * n_columns, [rate] * n_columns]
            head = "".join(", ".join(f"{x:f}" for x in line) + "\n" for line in lines)
            folder = f"Raw_data/S{subject:02d}"
            files[f"{folder}/{name}.csv"] = head.encode() + rows(table, ",", "%d")
        files[f"{folder}/IBI.csv"] = f"{start:f}, IBI\n20.531250,0.546875\n".encode()
        files[f"{folder}/tags_S{subject:02d}.csv"] = b"1644239861.00\n"
    files["Processed_data/Time_logs.xlsx"] = time_log(subjects)
    return files, tables


def table(array, form=".4f"):
    """Write numbers as those publishers do who write what is missing as NaN."""
    lines = (" ".join("NaN" if x != x else f"{x:{form}}" for x in row) for row in array)
    return "".join(f"{line}\n" for line in lines).encode()


def pamap2_files(subjects=(101, 102), n_samples=1200, seed=0):
    """Lying, transient, rope jumping; a row and a second of one unit are lost."""
    rng = np.random.default_rng(seed)
    files, tables = {"readme.pdf": b"%PDF"}, {}
    for subject in subjects:
        rows = rng.normal(size=(n_samples, 54)).round(4)
        rows[:, 0] = 5.64 + np.arange(n_samples) / 100
        rows[:600, 1], rows[600:640, 1], rows[640:, 1] = 1, 0, 24
        measured = np.arange(n_samples) % 11 == 4
        rows[:, 2] = np.where(measured, 60 + np.arange(n_samples) // 11, np.nan)
        rows[700:900, 2] = np.nan
        rows[200:300, 20:37] = np.nan  # the chest's
        rows = np.delete(rows, 450, axis=0)
        tables["Protocol", subject] = rows
        files[f"PAMAP2_Dataset/Protocol/subject{subject}.dat"] = table(rows)
    tables["Optional", subject] = rows = rows.copy()
    rows[:, 1] = 20
    files[f"PAMAP2_Dataset/Optional/subject{subject}.dat"] = table(rows)
    return files, tables


def python2_pickle(value, protocol):
    """Write dicts, texts and arrays as Python 2 did, by its protocol 0 or 2.

    Today's pickle can write those protocols, but not Python 2's strings of bytes, as
    which an array's content stood there.
    """
    start = b"\x80\x02" if protocol == 2 else b""
    return start + _python2(value, protocol) + b"."


def _python2(value, protocol):
    if isinstance(value, dict):
        items = (
            _python2(key, protocol) + _python2(item, protocol) + b"s"
            for key, item in value.items()
        )
        return (b"}" if protocol else b"(d") + b"".join(items)
    if isinstance(value, str):
        return _python2_string(value.encode("latin1"), protocol)
    dtype = b"cnumpy\ndtype\n(%sI0\nI1\ntR(I3\n%sNNNI-1\nI-1\nI0\ntb" % (
        _python2_string(value.dtype.str[1:].encode(), protocol),
        _python2_string(value.dtype.str[:1].encode(), protocol),
    )
    lengths = b"".join(b"L%dL\n" % length for length in value.shape)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\nt%stR"
        b"(I1\n(%st%sI00\n%stb"
    ) % (
        _python2_string(b"b", protocol),
        lengths,
        dtype,
        _python2_string(value.tobytes(), protocol),
    )


def _python2_string(content, protocol):
    if protocol:
        return b"T" + len(content).to_bytes(4, "little") + content  # BINSTRING
    return b"S" + repr(content)[1:].encode() + b"\n"


def wesad_files(subjects=(2, 13), seconds=40, protocol=0, seed=0):
    """The first 4 s are transient; then the conditions, 1 to 4, and one to ignore."""
    rng = np.random.default_rng(seed)
    files, contents = {}, {}
    for subject in subjects:
        n, chest = 700 * seconds, ("ACC", "ECG", "EMG", "EDA", "Temp", "Resp")
        rates = {"ACC": 32, "BVP": 64, "EDA": 4, "TEMP": 4}
        contents[subject] = {
            "signal": {
                "chest": {
                    key: rng.normal(size=(n, 3 if key == "ACC" else 1)) for key in chest
                },
                "wrist": {
                    key: rng.normal(size=(rate * seconds, 3 if key == "ACC" else 1))
                    for key, rate in rates.items()
                },
            },
            "label": np.repeat([0, 1, 2, 3, 4, 7], [n // 10] + [n * 9 // 50] * 5).astype(
                np.int32
            ),
            "subject": f"S{subject}",
        }
        folder = f"WESAD/S{subject}/S{subject}"
        files[f"{folder}.pkl"] = python2_pickle(contents[subject], protocol)
        files[f"{folder}_E4_Data.zip"] = zipped({"ACC.csv": b"1484296929"})
        files[f"{folder}_readme.txt"] = b"### Personal information\n"
    return files, contents


def opportunity_files(runs=("S1-ADL1", "S1-Drill", "S2-ADL1"), n_samples=120):
    """Values that tell run, row and column; then standing, nothing, lying, ..."""
    files, tables = {"OpportunityUCIDataset/dataset/column_names.txt": b""}, {}
    for number, run in enumerate(runs):
        row, column = np.arange(n_samples)[:, None], np.arange(250)
        rows = (number + 1) * 100_000.0 + 250 * row + column
        rows[:, 0] = np.rint(np.arange(n_samples) * 1000 / 30)
        rows[10:20, 34:37] = np.nan  # the right hand's accelerometer
        rows[:, 243] = np.repeat([1, 0, 5, 2], n_samples // 4)
        rows[:, 249] = np.repeat([0, 406516, 405506, 0], n_samples // 4)
        tables[run] = rows
        files[f"OpportunityUCIDataset/dataset/{run}.dat"] = table(rows, ".0f")
    return files, tables


def realworld_har_files(seconds=10, seed=0):
    """What is usual (1), in several parts (4), and not as usual (2)."""
    rng = np.random.default_rng(seed)
    samples = {}

    def archive(sensor, activity, places, part="", late=0):
        name = {"acc": "acc", "gyr": "Gyroscope", "mag": "MagneticField"}[sensor]
        files = {"readMe": b"> entries: 500"}
        for place in places:
            times = 1_436_000_000_000 + 20 * np.arange(50 * seconds)
            times += rng.integers(-8, 9, times.shape) + late
            values = rng.normal(size=(len(times), 3)).round(6)
            file_name = f"{name}_{activity}{part}_{place}.csv"
            samples[file_name] = times, values
            files[file_name] = _numbered(times, values)
        return zipped(files)

    both, top = ("chest", "waist"), "proband{}/data/{}_{}_csv.zip"
    files = {}
    for sensor in ("acc", "gyr", "mag"):
        files[top.format(1, sensor, "walking")] = archive(sensor, "walking", both)
        files[top.format(1, sensor, "lying")] = archive(sensor, "lying", both, part="_2")
        parts = {
            f"{sensor}_climbingup{'_1' if sensor == 'acc' else ''}_csv.zip": archive(
                sensor, "climbingup", both
            ),
            f"{sensor}_climbingup_2_csv.zip": archive(
                sensor, "climbingup", both, part="_2", late=60_000
            ),
        }
        files[top.format(4, sensor, "climbingup")] = zipped(parts)
    files[top.format(2, "acc", "running")] = archive("acc", "running", ("chest",))
    files[top.format(2, "gyr", "running")] = archive(
        "gyr", "running", ("waist",), late=3_600_000
    )
    files[top.format(2, "gps", "running")] = zipped({"gps.csv": b"not read"})
    return files, samples


def _numbered(times, values):
    lines = (
        f"{number},{time},{x:.6f},{y:.6f},{z:.6f}\n"
        for number, (time, (x, y, z)) in enumerate(
            zip(times, values.tolist(), strict=True), start=1
        )
    )
    return ("id,attr_time,attr_x,attr_y,attr_z\n" + "".join(lines)).encode()


SLEEP_STAGES = ("W", "W", "1", "2", "3", "4", "R", "Movement time", "2", "W", "W")


def sleep_edf_files(nights=("001EC", "002EH", "011FM"), late=0, seed=0):
    """Two nights of subject 0 and one of 1: four 30 s epochs of each stage."""
    rng = np.random.default_rng(seed)
    files, signals = {}, {}
    for night in nights:
        seconds = 4 * 30 * len(SLEEP_STAGES)
        start = time(16, 13)
        rates = dict.fromkeys(("EEG Fpz-Cz", "EEG Pz-Oz", "EOG horizontal"), 100)
        rates |= dict.fromkeys(
            ("Resp oro-nasal", "EMG submental", "Temp rectal", "Event marker"), 1
        )
        physical = {  # whole steps of the converter
            label: rng.integers(-2048, 2048, seconds * rate) / 10
            for label, rate in rates.items()
        }
        edf = edfio.Edf(
            [
                edfio.EdfSignal(
                    values,
                    rates[label],
                    label=label,
                    physical_range=(-204.8, 204.7),
                    digital_range=(-2048, 2047),
                )
                for label, values in physical.items()
            ],
            starttime=start,
            # One of the publisher's has twice as long records as the others.
            data_record_duration=60 if night == "002EH" else 30,
        )
        texts = [s if s[0] == "M" else f"Sleep stage {s}" for s in SLEEP_STAGES]
        hypnogram = edfio.Edf(
            [],
            starttime=start.replace(second=late),
            annotations=[
                edfio.EdfAnnotation(120 * i, 120, text) for i, text in enumerate(texts)
            ]
            + [edfio.EdfAnnotation(seconds, 900, "Sleep stage ?")],
        )
        stem = f"sleep-cassette/SC4{night[:4]}"
        files[f"{stem}0-PSG.edf"] = edf.to_bytes()
        files[f"{stem}{night[4]}-Hypnogram.edf"] = hypnogram.to_bytes()
        signals[night] = physical
    listed = "".join(
        f"{hashlib.sha256(content).hexdigest()} {name}\n"
        for name, content in files.items()
    )
    files["SHA256SUMS.txt"] = f"{'0' * 64} RECORDS\n{listed}".encode()
    return files, signals
