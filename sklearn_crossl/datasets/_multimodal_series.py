"""make_multimodal_series: simulated recordings of people by several sensors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from ._bunch import DataSet, Recording, fill_bunch
from ._simulation import (
    ACTIVITIES,
    LABEL_RATE,
    SENSORS,
    Difficulty,
    describe,
    draw_missing,
    leave_out,
    make_rng,
    record,
)

__all__ = ["make_multimodal_series"]

_NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]
_SHARE = [Interval(Real, 0, 1, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]


@validate_params(
    {
        "n_subjects": [Interval(Integral, 1, None, closed="left")],
        "n_activities": [Interval(Integral, 2, len(ACTIVITIES), closed="both")],
        "minutes": [Interval(Real, 0.1, None, closed="left")],
        "modalities": [list, tuple, None],
        "rates": [Mapping, None],
        "subject_variation": _NOT_NEGATIVE,
        "noise": _NOT_NEGATIVE,
        "drift": _NOT_NEGATIVE,
        "dropout": _SHARE,
        "missing": _SHARE,
        "window_seconds": _POSITIVE,
        "step_seconds": _POSITIVE,
        "as_windows": ["boolean"],
        "return_X_y": ["boolean"],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_multimodal_series(
    n_subjects: int = 16,
    n_activities: int = 6,
    *,
    minutes: float = 8.0,
    modalities: Sequence[str] | None = None,
    rates: Mapping[str, float] | None = None,
    subject_variation: float = 1.0,
    noise: float = 1.0,
    drift: float = 1.0,
    dropout: float = 0.0,
    missing: float = 0.0,
    window_seconds: float = 5.0,
    step_seconds: float = 5.0,
    as_windows: bool = True,
    return_X_y: bool = False,
    random_state: Any = None,
) -> Any:
    r"""Simulate recordings of people by several wearable sensors.

    Activities are latent states. An activity moves the limbs and costs effort, and all
    sensors, each at its own rate, derive from that motion and effort. What the sensors
    share is what a method has to learn. Nothing is downloaded, and each difficulty has a
    parameter.

    Parameters
    ----------
    n_subjects : int, default=16
        People, each with one recording: enough to hold some out.
    n_activities : int, default=6
        How many of sitting, walking, cycling, standing, stairs, housework, pushing (a
        pram), running and lying, in this order. Without the last three, most of them
        cannot be told from another one by one of the sensors.
    minutes : float, default=8.0
        Length of each recording, 0.1 at least. A bout of an activity takes a minute on
        average, so in 8 minutes most people do most of 6 activities.
    modalities : list or tuple of str, default=None
        Which of ``wrist_acc``, ``wrist_gyro``, ``ankle_acc``, ``ankle_gyro``, ``pulse``,
        ``heart_rate``, ``eda`` and ``temperature``; None is all. A modality's signal does
        not depend on which others are chosen.
    rates : mapping of str to float, default=None
        Samples per second of some of the modalities, in place of 50 for accelerometers
        and gyroscopes, 64 for the pulse wave, 1 for the heart rate and 4 for the skin's
        conductance and temperature, as wristbands have them. Signals are simulated at 100
        samples per second, so higher rates add no information.
    subject_variation : float, default=1.0
        How much people differ in their gait, in how they hold their limbs and wear the
        sensors, and in heart and skin. At 0 all are the same; 1 is roughly realistic.
    noise : float, default=1.0
        Factor of the sensors' noise, which is that of loose straps, and of the motion
        artefacts in the pulse wave. At 0 there is no noise.
    drift : float, default=1.0
        Factor of the slow drift of the sensors' offsets.
    dropout : float, default=0.0
        Share of each modality's samples that are lost, in gaps of 4 s on average, which
        are NaN. By default none are, since many estimators do not accept NaN.
    missing : float, default=0.0
        Share of the (row, modality) pairs that are missing. Rows are windows or, if not
        ``as_windows``, recordings, in which the sensor was never worn. Each row keeps a
        modality, and each modality a row.
    window_seconds : float, default=5.0
        Length of a window: some strides, some heartbeats.
    step_seconds : float, default=5.0
        From the start of one window to that of the next. By default they do not overlap.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` alone.
    random_state : int, RandomState instance or None, default=None
        Determines everything. With the same int, another ``noise`` or ``dropout`` changes
        only the noise or the gaps, and a larger ``n_subjects`` adds people to the same
        ones. None takes a seed from NumPy's global generator.

    Returns
    -------
    Bunch
        With these keys:

        data : SliceDict of str to float32 ndarray (n_windows, n_channels, n_timepoints)
            Windows of each modality. If not ``as_windows``, a list of recordings: dicts
            of arrays (n_channels, n_samples), without the modalities that are missing.
        target : int ndarray of shape (n_windows,)
            Positions in ``target_names``: what most of the window shows. If not
            ``as_windows``, a list with an array of labels for each recording.
        groups : int ndarray of shape (n_windows,) or (n_subjects,)
            Subjects.
        modalities : dict of str to tuple of str
            The channels of each modality.
        rates, units : dict
            Samples per second and unit of each modality.
        target_names : ndarray of str
            The activities.
        label_rate : float
            Labels per second; only if not ``as_windows``.
        DESCR : str
            What was made, in words.
    (data, target) : tuple
        If ``return_X_y``.

    Raises
    ------
    ValueError
        If a parameter is not as described, or no window fits.

    See Also
    --------
    sklearn_crossl.segmentation.sliding_windows : Cuts the windows.

    Notes
    -----
    *Activities* :math:`s(t)` are a semi-Markov chain: a bout lasts a gamma-distributed
    time of shape 4, and each other activity is as likely to be next. An activity has an
    effort :math:`e`, a cadence :math:`c` in strides a second, and for each limb a
    posture, an amplitude :math:`A` and a restlessness :math:`r`; bouts differ a little.

    *Motion.* Both limbs follow the phase
    :math:`\theta(t) = 2\pi \int_0^t c(u)\,du`. A limb's roll, pitch and yaw are

    .. math::
        q_j = q_j^{s} + A a_j \left[\sin\theta + \tfrac14 \sin(2\theta + \tfrac12)\right]
        + r\,w_j,

    with :math:`w_j` smooth random curves. They make the rotation :math:`R(t)` of a limb
    of length :math:`l`, and :math:`M` is how the sensor is turned on it. Accelerometer
    (in g) and gyroscope are

    .. math::
        a = M^\top R^\top \left(\ddot p / g + (1 + h)\,\hat z\right),\quad
        p = -l R \hat z,\quad [\omega]_\times = M^\top R^\top \dot R M.

    The body's heave is :math:`h = B\,[\cos 2\theta + \alpha\cos\theta +
    0.4\cos(4\theta + 1)]`, with :math:`\alpha` the asymmetry of the two legs.

    *Heart.* The rate follows effort with a lag [1]_, about which breathing and slow
    changes vary it: :math:`\tau \dot f = f_0 + f_1 e - f`, :math:`\tau` about 58 s. The
    pulse wave has two bumps a beat [2]_, at the phase :math:`\beta = 2\pi \int f/60`:
    :math:`\exp(4\cos\beta - 4) + d\exp(3\cos(\beta - 2.2) - 3)`. ``heart_rate`` is
    :math:`f` averaged with a lag of 4 s, as devices do.

    *Skin.* Conductance has a level, which follows effort with a lag of 90 s, and 2 + 10
    :math:`e` responses a minute, each rising and falling with time constants of 0.75 and
    2 s [3]_. Temperature falls with effort, with a lag of 3 minutes.

    *Sensors* add ``drift`` times a smooth curve and ``noise`` times white noise, whose
    level changes within some 10 s.

    *A subject* has a cadence and vigour of its own, an asymmetry, postures :math:`q^s`
    and directions of swing :math:`a`, a rotation :math:`M` of each sensor, and
    :math:`f_0, f_1, \tau, d` and levels of the skin, each drawn independently.

    Not modelled: habits (what follows what), fatigue, getting up as a movement of its
    own, where somebody goes, arrhythmias, the range and resolution of sensors, clocks
    that disagree, and any dependence of one trait on another. A method that does well
    here has shown that it works, not how well it does on people.

    References
    ----------
    .. [1] Hunt, Fankhauser and Saengsuwan, "Identification of heart rate dynamics during
       moderate-to-vigorous treadmill exercise", BioMedical Engineering OnLine, 2015,
       doi:10.1186/s12938-015-0112-7.
    .. [2] Tang et al., "Synthetic photoplethysmogram generation using two Gaussian
       functions", Scientific Reports 10, 2020, doi:10.1038/s41598-020-69076-x.
    .. [3] Benedek and Kaernbach, "A continuous measure of phasic electrodermal activity",
       Journal of Neuroscience Methods, 2010, doi:10.1016/j.jneumeth.2010.04.028.

    Examples
    --------
    >>> from sklearn_crossl.datasets import make_multimodal_series
    >>> X, y = make_multimodal_series(2, 3, return_X_y=True, random_state=0)
    >>> X["ankle_acc"].shape, X["heart_rate"].shape, y.shape
    ((192, 3, 250), (192, 1, 5), (192,))

    Recordings in which two in ten sensors were not worn:

    >>> from sklearn_crossl.segmentation import sliding_windows
    >>> made = make_multimodal_series(missing=0.2, as_windows=False, random_state=0)
    >>> X, y, subjects = sliding_windows(
    ...     made.data, made.rates, 5, 5, made.target, made.groups, label_rate=10
    ... )
    """
    names = _check_modalities(modalities)
    hertz = _check_rates(rates, names)
    # The one draw from the user's generator: everything else follows from this seed.
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    difficulty = Difficulty(subject_variation, noise, drift, dropout)
    recordings = [
        Recording(
            subject, *record(seed, subject, n_activities, 60 * minutes, hertz, difficulty)
        )
        for subject in range(n_subjects)
    ]
    about = DataSet(
        name="multimodal_series",
        subjects=tuple(range(n_subjects)),
        modalities={name: SENSORS[name].channels for name in names},
        rates=hertz,
        units={name: SENSORS[name].unit for name in names},
        target_names=tuple(ACTIVITIES)[:n_activities],
        label_rate=LABEL_RATE,
    )
    found = fill_bunch(about, recordings, as_windows, window_seconds, step_seconds)
    rng = make_rng(seed, 0, "missing")
    rows = draw_missing(rng, len(found.groups), len(names), missing)
    leave_out(found.data, names, rows)
    found.DESCR = describe(found, minutes, {**difficulty._asdict(), "missing": missing})
    return (found.data, found.target) if return_X_y else found


def _check_modalities(modalities: Sequence[str] | None) -> list[str]:
    known = list(SENSORS)
    names = known if modalities is None else list(modalities)
    if not names or any(name not in known or names.count(name) > 1 for name in names):
        raise ValueError(
            f"modalities={modalities!r}; expected some of {known}, each of them once."
        )
    return names


def _check_rates(rates: Mapping[str, float] | None, names: list[str]) -> dict[str, float]:
    """Give the rate of each sensor, in hertz: the user's, or what is usual."""
    changed = {} if rates is None else dict(rates)
    unknown = [name for name in changed if name not in names]
    if unknown:
        raise ValueError(f"rates has {unknown}, but the modalities are {names}.")
    for name, rate in changed.items():
        if not isinstance(rate, Real) or not 0 < rate < math.inf:
            raise ValueError(
                f"rates[{name!r}]={rate!r}; expected a positive number of hertz."
            )
    return {name: float(changed.get(name, SENSORS[name].rate)) for name in names}
