"""What an accelerometer and a gyroscope show of a limb's motion."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from .clock import BASE_RATE
from .course import Course
from .subjects import Subject

_GRAVITY = 9.81  # m/s²
_LEVER = {"wrist": 0.4, "ankle": 0.5}  # metres from the joint that the limb swings about


def inertial(
    course: Course, subject: Subject, place: str
) -> tuple[np.ndarray, np.ndarray]:
    """Compute specific force in g and turning rate in rad/s, (3, n), in sensor axes."""
    angles = course.angles[place]
    force = _second_derivative(_where(angles, _LEVER[place])) / _GRAVITY
    force[2] += 1 + course.heave
    to_sensor = Rotation.from_rotvec(subject.turned[place]).as_matrix().T
    return to_sensor @ _to_limb(angles, force), to_sensor @ _turning(angles)


def _where(angles: np.ndarray, lever: float) -> np.ndarray:
    """Place a point below a joint, in the world's axes: x back, y right, z up."""
    (sin_roll, _, sin_yaw), (cos_roll, _, cos_yaw) = np.sin(angles), np.cos(angles)
    across = cos_roll * np.sin(angles[1])
    x = cos_yaw * across + sin_yaw * sin_roll
    y = sin_yaw * across - cos_yaw * sin_roll
    return -lever * np.stack([x, y, cos_roll * np.cos(angles[1])])


def _to_limb(angles: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Express vectors (3, n) of the world's axes in the limb's: undo yaw, pitch, roll."""
    (sr, sp, sy), (cr, cp, cy) = np.sin(angles), np.cos(angles)
    x, y, z = v
    x, y = cy * x + sy * y, cy * y - sy * x
    x, z = cp * x - sp * z, cp * z + sp * x
    return np.stack([x, cr * y + sr * z, cr * z - sr * y])


def _turning(angles: np.ndarray) -> np.ndarray:
    """Derive the angular velocity in the limb's axes from the angles' change."""
    (sr, sp, _), (cr, cp, _) = np.sin(angles), np.cos(angles)
    roll, pitch, yaw = np.gradient(angles, 1 / BASE_RATE, axis=1)
    return np.stack(
        [roll - yaw * sp, pitch * cr + yaw * cp * sr, yaw * cp * cr - pitch * sr]
    )


def _second_derivative(x: np.ndarray) -> np.ndarray:
    return np.gradient(np.gradient(x, 1 / BASE_RATE, axis=1), 1 / BASE_RATE, axis=1)
