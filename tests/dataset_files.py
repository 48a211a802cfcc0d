"""Small files in the publishers' own layouts, and ways in which they may lie there."""

import io
import itertools
import os
import zipfile
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook
from scipy.io import savemat

REAL = os.environ.get("SKLEARN_CROSSL_DATA")


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
