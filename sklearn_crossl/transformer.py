"""CroSSLTransformer: the scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ._batches import make_dataset
from ._callbacks import CallbackSupportMixin, bridge_to
from ._device import autocast_dtype, resolve_device
from ._embedding import build_for_embedding, embed
from ._fitted_network import FittedNetworkMixin
from ._input import check_same_modalities, read_for_fit, read_for_transform
from ._loop import check_callbacks
from ._names import check_input_names, check_names, feature_attributes, unit_names
from ._network import CroSSLNetwork, Masking
from ._output import output_array
from ._paper import published
from ._pretraining import NOTHING_KEPT, collect, pretrain
from ._pretraining_net import EPOCHS, OPTIMIZERS, PretrainingNet
from ._stages import resolve_stage
from ._standardization import channel_moments, check_each_channel_observed
from ._summary import learnt_size
from ._transformer_score import agreement_of_views
from ._windows import Windows, check_any_observed, check_modalities
from .aggregators import AGGREGATORS, Aggregator, ModuleAggregator
from .encoders import ENCODERS, Encoder, ModuleEncoder
from .masking import MASKINGS, check_masking_ratio
from .objectives import OBJECTIVES, ModuleObjective, Objective

__all__ = ["CroSSLTransformer"]

_STAGES: dict[str, Any] = {
    "encoder": (ENCODERS, ModuleEncoder),
    "aggregator": (AGGREGATORS, ModuleAggregator),
    "objective": (OBJECTIVES, ModuleObjective),
}


class CroSSLTransformer(
    FittedNetworkMixin, CallbackSupportMixin, TransformerMixin, BaseEstimator
):
    """Learn an embedding of multi-sensor windows without labels, by CroSSL.

    One encoder per modality turns a window into codes. Random masks of the codes make
    several views, an aggregator fuses each view into a global embedding, and the
    objective pulls the views of a window together. No negative pairs and no labels are
    needed. A missing sensor is one more mask, in fit and in transform.

    Parameters
    ----------
    modalities : mapping, sequence of int, sequence of str or None, default=None
        Which channels of a 3-D X belong to which modality: a mapping of names to channel
        indices (a slice, an int or a sequence), or the channel counts of consecutive
        modalities. None makes each channel its own modality. A 2-D X has one channel.
        For sensors at different rates, X itself names its modalities, each with its own
        length: a mapping of names to arrays (n_windows, n_channels, n_timepoints), 2-D
        with one channel or 4-D for images, a NumPy structured array, a data frame whose
        cells hold arrays, or a list of arrays. This then lists the names to use; None is
        all. Cross-validation can split structured arrays, data frames and skorch's
        ``SliceDict``, but not a plain dict, whose keys scikit-learn would count: wrap it
        as ``SliceDict(**X)``. Arrays may be memory maps, HDF5 or zarr arrays larger than
        memory; windows in lists of (n_channels, n_timepoints) may differ in length.
    encoder : str, Encoder or nn.Module class, default="tcn"
        One network per modality: a name in :data:`~sklearn_crossl.encoders.ENCODERS`, or
        an object such as ``TCNEncoder(stride=1)``, whose parameters a grid search reaches
        as ``encoder__stride``. Images get an
        :class:`~sklearn_crossl.encoders.ImageEncoder` of the same widths. A user's own
        class is called with the number of channels and maps (batch, channels, time) to
        (batch, units); where windows have gaps or differ in length, its ``forward`` needs
        a parameter ``present`` that tells where values are.
    masking : {"spatial", "random", "temporal"}, default="spatial"
        What a view hides: whole modalities, single units of the codes, or all but one
        contiguous part of the latent sequences before they are pooled. If that is not
        possible, something smaller is hidden: with "spatial", steps of windows that have
        one modality; with "temporal", units of sequences that have one step, as those of
        a user's own encoder do.
    masking_ratio : float or pair of float, default=(0.1, 0.9)
        Fraction hidden, in [0, 1), or a range from which each view's fraction is drawn
        afresh at each step. Every view keeps at least one modality of a window. The wide
        range needs no tuning and makes the embedding robust to missing sensors.
    n_views : int, default=4
        Masked views of each window in a gradient step. They share one pass through the
        encoders, so more views cost little. The loss is averaged over all pairs.
    aggregator : str, Aggregator or nn.Module class, default="set"
        Fuses the codes that a view sees: a name in
        :data:`~sklearn_crossl.aggregators.AGGREGATORS` or an object. "mlp" is the
        paper's; "set" did best with few labels. A user's own class is called with the
        number of modalities and the code size and maps codes (..., batch, M, units) and a
        boolean ``keep`` of shape (..., batch, M, 1 or units) to (..., batch, embedding).
    objective : str, Objective or nn.Module class, default="vicreg"
        The loss: a name in :data:`~sklearn_crossl.objectives.OBJECTIVES` or an object. A
        user's own class is called with the embedding size and maps a
        :class:`~sklearn_crossl.objectives.Latents` to a scalar.
    summary_size : int, default=512
        Units of the summary: fixed features of each modality (random convolutions,
        statistics, spectra), compressed by a principal component analysis that also
        predicts what a missing modality would have shown, and scaled so that changes
        within a window count little. 0 leaves it out, and ``transform`` is far faster.
    output : {"joint", "global", "modalities", "all"}, default="joint"
        What ``transform`` returns. "joint" is the first 128 principal components of the
        global embedding, followed by the summary. Where modalities are missing, both are
        estimated for the complete window. Without a summary it is "global", the
        aggregator's output. "modalities" is the codes side by side; "all" adds "joint".
    max_epochs : int or "auto", default="auto"
        Passes over the windows; "auto": enough for 500 gradient steps, from 20 to 100.
    batch_size : int, default=128
        Windows per step. VICReg's statistics need more than a handful.
    lr : float, default=1e-3
        Learning rate; its peak with ``lr_schedule="onecycle"``.
    lr_schedule : {"onecycle", "constant"}, default="onecycle"
        "onecycle" raises the rate, then lowers it, and moves any momentum inversely.
    optimizer : {"adamw", "adam", "sgd"} or Optimizer class, default="adamw"
        Called with ``lr`` and ``weight_decay``; "sgd" has no momentum.
    weight_decay : float, default=1e-2
        Passed to the optimizer; the default is torch's for AdamW.
    patience : int or None, default=None
        Stop after this many epochs without a lower training loss, and restore the best
        weights. None trains for all of ``max_epochs``.
    max_missing : float, default=0.5
        A window has a modality if at most this share of its values is NaN. Such gaps are
        left out of means and pooling, and are interpolated for the encoder. With more
        NaN, the modality counts as missing, unless the window has no other.
    missing : {"error", "nan"}, default="error"
        For windows without any modality, ``transform`` raises, or returns rows of NaN.
    device : str or torch.device, default="auto"
        Where to compute. "auto" is CUDA if it is there, else the CPU; "mps" is untested.
    precision : {"auto", "fp32", "bf16"}, default="auto"
        Number format of the encoders in training. "auto" is bfloat16 on GPUs that have
        it, else float32. Losses and ``transform`` are always in float32.
    compile : bool, default=False
        Whether to compile the encoders with ``torch.compile`` for training. That takes
        about a minute and pays off for long runs on GPUs; on CPUs it gained nothing. If
        it fails, training continues without it, with a warning.
    callbacks : list of skorch callbacks, default=None
        Copies are passed to skorch.
    warm_start : bool, default=False
        Whether ``fit`` continues from the weights of the previous call. Modalities,
        stages, ``summary_size`` and optimizer must be the same.
    verbose : int, default=0
        1 shows a progress bar.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, batches and masks. An int gives bitwise equal results
        on the same CPU and number of threads, without changing global generators.

    Attributes
    ----------
    modalities_ : dict of str to tuple of int
        The channels of each modality.
    mean_, scale_ : dict of str to ndarray of shape (n_channels,)
        Standardisation of each modality's channels, learnt from the windows that have it.
    encoder_, aggregator_, objective_ : stage objects
        The stages that were used; their trained weights are stored elsewhere.
    code_size_, embedding_size_, summary_size_ : int
        Width of one modality's code, of the global embedding and of the summary.
    history_ : list of dict
        For each epoch: ``epoch``, ``train_loss``, each term of the loss, ``dur`` in
        seconds, and the ``effective_rank`` of about 256 training windows' embeddings.
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Number of channels of X, or of timepoints if X is 2-D.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where fit saw a data frame with string columns.

    See Also
    --------
    sklearn.decomposition.PCA : Linear embedding of single-sensor windows.

    References
    ----------
    Deldari et al., "CroSSL: Cross-modal Self-Supervised Learning for Time-series through
    Latent Masking", WSDM 2024, arXiv:2307.16847.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_crossl import CroSSLTransformer
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(40, 4, 32))  # 40 windows, 4 channels, 32 timepoints
    >>> X[0, 3] = np.nan  # window 0 has no heart rate
    >>> sensors = {"acc": slice(0, 3), "heart": 3}
    >>> embedder = CroSSLTransformer(sensors, max_epochs=2, random_state=0)
    >>> embedder.fit_transform(X).shape
    (40, 640)
    """

    _parameter_constraints: dict = {
        "modalities": [None, Mapping, "array-like"],
        "encoder": [StrOptions(set(ENCODERS)), Encoder, type],
        "masking": [StrOptions(set(MASKINGS))],
        "masking_ratio": [Interval(Real, 0, 1, closed="left"), tuple, list],
        "n_views": [Interval(Integral, 2, None, closed="left")],
        "aggregator": [StrOptions(set(AGGREGATORS)), Aggregator, type],
        "objective": [StrOptions(set(OBJECTIVES)), Objective, type],
        "summary_size": [Interval(Integral, 0, None, closed="left")],
        "output": [StrOptions({"joint", "global", "modalities", "all"})],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "batch_size": [Interval(Integral, 2, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "lr_schedule": [StrOptions({"onecycle", "constant"})],
        "optimizer": [StrOptions(set(OPTIMIZERS)), type],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "max_missing": [Interval(Real, 0, 1, closed="both")],
        "missing": [StrOptions({"error", "nan"})],
        "device": [str, torch.device],
        "precision": [StrOptions({"auto", "fp32", "bf16"})],
        "compile": ["boolean"],
        "callbacks": [list, tuple, None],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        modalities: Any = None,
        *,
        encoder: Any = "tcn",
        masking: str = "spatial",
        masking_ratio: float | tuple[float, float] = (0.1, 0.9),
        n_views: int = 4,
        aggregator: Any = "set",
        objective: Any = "vicreg",
        summary_size: int = 512,
        output: str = "joint",
        max_epochs: int | str = "auto",
        batch_size: int = 128,
        lr: float = 1e-3,
        lr_schedule: str = "onecycle",
        optimizer: Any = "adamw",
        weight_decay: float = 1e-2,
        patience: int | None = None,
        max_missing: float = 0.5,
        missing: str = "error",
        device: str | torch.device = "auto",
        precision: str = "auto",
        compile: bool = False,
        callbacks: Sequence[Any] | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: Any = None,
    ):
        self.modalities = modalities
        self.encoder = encoder
        self.masking = masking
        self.masking_ratio = masking_ratio
        self.n_views = n_views
        self.aggregator = aggregator
        self.objective = objective
        self.summary_size = summary_size
        self.output = output
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.optimizer = optimizer
        self.weight_decay = weight_decay
        self.patience = patience
        self.max_missing = max_missing
        self.missing = missing
        self.device = device
        self.precision = precision
        self.compile = compile
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    @classmethod
    def from_paper(cls, modalities: Any = None, **params: Any) -> CroSSLTransformer:
        """Create the estimator with the published configuration.

        Codes of 96 units by stride-1 convolutions with PReLU, an aggregator of 64, 32 and
        32 units, VICReg coefficients 10, 10 and 100 on the aggregator's output itself,
        a tenth of the modalities masked, Adam with learning rate 1e-4 and batches of 8
        windows, early stopping on the training loss with patience 5 within 50 epochs.
        The published code regularises the convolutions' kernels alone; here the same
        decay acts on all weights. Its masks are drawn each by itself, and may hide
        everything; its variances are biased; its dropout is off in pretraining; its
        kernels start with a standard deviation of 0.05; its epsilon is that of Keras.

        Parameters
        ----------
        modalities : object, default=None
            As in the class.
        **params : dict
            Parameters of the class, in place of the published ones.

        Returns
        -------
        CroSSLTransformer
            Not fitted.

        References
        ----------
        Deldari et al., "CroSSL: Cross-modal Self-Supervised Learning for Time-series
        through Latent Masking", WSDM 2024, arXiv:2307.16847, and its published code.

        Examples
        --------
        >>> from sklearn_crossl import CroSSLTransformer
        >>> CroSSLTransformer.from_paper(max_epochs=3).lr
        0.0001
        """
        return cls(modalities, **{**published(), **params})

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: Any = None, groups: Any = None) -> CroSSLTransformer:
        """Learn from unlabelled windows.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Training windows; a mapping has an array for each modality, of its own number
            of timepoints. A gap is NaN; a modality that is missing is NaN throughout.
        y : object, default=None
            Ignored.
        groups : array-like of shape (n_windows,), default=None
            The subject of each window. Differences between similar windows of different
            subjects then get little weight. Leave it out to tell subjects apart.

        Returns
        -------
        CroSSLTransformer
            This estimator.

        Raises
        ------
        TypeError
            If X, ``modalities`` or a stage has the wrong type.
        ValueError
            If a parameter, X or ``groups`` is not as described, or training diverges in
            the first epoch. What was fitted before is kept.
        """
        previous = getattr(self, "_learnt", None) if self.warm_start else None
        return self._train(X, groups, previous, self.max_epochs, self.lr_schedule)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: ArrayLike, y: Any = None, groups: Any = None
    ) -> CroSSLTransformer:
        """Train on some windows for one epoch, continuing from earlier calls.

        The channels' means and scales are those of all windows seen so far. The learning
        rate is constant, since the number of calls to come is not known.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Training windows of the same channels and length as in earlier calls.
        y : object, default=None
            Ignored.
        groups : array-like of shape (n_windows,), default=None
            As in ``fit``. The summary is that of the call with most windows.

        Returns
        -------
        CroSSLTransformer
            This estimator.

        Raises
        ------
        TypeError, ValueError
            As ``fit``, or if X has another form than before; what was learnt is kept.
        """
        previous = getattr(self, "_learnt", None)
        return self._train(X, groups, previous, 1, "constant", partial=True)

    def transform(self, X: ArrayLike, out: np.ndarray | None = None) -> np.ndarray:
        """Embed windows; a row depends on its own window alone.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Windows of the same form as in fit. A modality that a window does not have is
            NaN throughout; one that no window has may be left out of a mapping.
        out : ndarray of shape (n_windows, n_features_out), default=None
            Where to write the embedding, such as a memory map; a new array if None.

        Returns
        -------
        ndarray of shape (n_windows, n_features_out)
            The embedding that ``output`` selects, computed in float32. A new array is
            float64 if X has float64 values, else float32. The result, ``out`` if given,
            is wrapped if ``set_output`` asks for data frames. With
            ``output="modalities"``, a missing modality's units are at their mean in fit.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            If it is not fitted, X differs in form from what was, holds infinities, has
            windows without any modality while ``missing="error"``, or ``out`` is no
            array of floats of that shape.
        """
        windows = self._read_to_embed(X)
        shape = (len(windows), len(self.get_feature_names_out()))
        out = output_array(out, shape, windows.dtype)
        out[~windows.observed.any(axis=1)] = np.nan
        for rows, *parts in self._embed(windows):
            out[rows] = self._chosen(*parts)
        return out

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Measure whether windows stay in their clusters when only part of them is seen.

        Needs no labels, so that a grid search over ``masking_ratio``, for example, can
        run without any. Up to 1,000 windows are clustered by their embedding. The score
        measures how well they return to their clusters when embedded from each sensor
        alone, and from augmented copies: a part of the window, slowed down, its channels
        rescaled. It is a guide, and cannot guarantee a good score with labels.

        Parameters
        ----------
        X : array-like of shape (n_windows, [n_channels,] n_timepoints), or mapping
            Windows, as in ``transform``.
        y : object, default=None
            Ignored.

        Returns
        -------
        float
            One at most; about zero by chance, or if the embedding has collapsed.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As ``transform``, or if no window has any modality.

        See Also
        --------
        sklearn_crossl.inspection.cluster_agreement : The measure, and its source.
        """
        return agreement_of_views(self, self._read_to_embed(X))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Name the units of the embedding.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Only checked against the names seen in fit.

        Returns
        -------
        ndarray of str
            Such as ``crossl_learnt_000``, ``crossl_summary_000``, ``crossl_global_000``
            or, of a modality, ``crossl_acc_017``.

        Raises
        ------
        NotFittedError, ValueError
            If it is not fitted, or ``input_features`` are not the names seen in fit.
        """
        check_is_fitted(self)
        self._validate_params()
        check_input_names(self, input_features, self._form)
        sizes = {
            "global": [("global", self.embedding_size_)],
            "modalities": [(name, self.code_size_) for name in self.modalities_],
        }
        sizes["joint"] = sizes["global"]
        if self.summary_size_:
            n_learnt = learnt_size(self.embedding_size_)
            sizes["joint"] = [("learnt", n_learnt), ("summary", self.summary_size_)]
        clash = self.modalities_.keys() & dict(sizes["joint"])
        codes = [(f"{m}_code" if clash else m, n) for m, n in sizes["modalities"]]
        sizes["all"] = [*sizes["joint"], *codes]
        return unit_names("crossl", sizes[self.output])

    def _train(
        self,
        X: ArrayLike,
        groups: Any,
        previous: dict[str, Any] | None,
        max_epochs: int | str,
        lr_schedule: str,
        partial: bool = False,
    ) -> CroSSLTransformer:
        """Train, and only then set the fitted attributes: errors leave them as before."""
        check_masking_ratio(self.masking_ratio)
        check_callbacks(self.callbacks)
        fitted, windows = self._check_training(X, previous, partial)
        for role, stages in _STAGES.items():
            fitted[f"{role}_"] = resolve_stage(role, getattr(self, role), *stages)
        fitted["summary_size_"] = self.summary_size
        max_epochs = EPOCHS.resolve(max_epochs, len(windows), self.batch_size)

        def attributes(result: dict[str, Any]) -> dict[str, Any]:
            if not (self.warm_start or partial):
                result = {**result, **NOTHING_KEPT}
            return {**fitted, **_learnt_attributes(result)}

        def attributes_now(net: PretrainingNet) -> dict[str, Any]:
            return attributes(collect(net, previous))

        moments = fitted["mean_"], fitted["scale_"]
        result = pretrain(
            make_dataset(windows, *moments, groups, self.batch_size),
            self._network_config(fitted),
            self._training_config(max_epochs, lr_schedule),
            seed=self._seed(previous),
            previous=previous,
            bridge=bridge_to(self, max_epochs, X, attributes_now),
        )
        learnt = attributes(result)
        network = self._rebuilt(learnt)
        if previous is None:
            self.__dict__.pop("feature_names_in_", None)
        self.__dict__.update(learnt, _network=network)
        return self

    def _initialize(self, X: ArrayLike, groups: Any = None) -> CroSSLTransformer:
        """Learn all that takes no training, and leave the weights random."""
        self._validate_params()
        return self._train(X, groups, None, 0, "constant")

    def _check_training(
        self, X: ArrayLike, previous: dict[str, Any] | None, partial: bool
    ) -> tuple[dict[str, Any], Windows]:
        """Check X and learn what does not take training: its form and moments."""
        fitted: dict[str, Any] = {}
        if previous is None:
            form, windows = read_for_fit(X, self.modalities, self.max_missing)
            fitted.update(feature_attributes(X, form))
        else:
            form = self._form
            check_same_modalities(self.modalities, form)
            check_names(self, X, form)
            windows = self._read(X, min_windows=2)
        check_any_observed(
            windows, "There is nothing to learn from them; leave them out."
        )
        if not partial:
            check_modalities(windows)
        earlier = self._moments if partial and previous is not None else None
        moments = channel_moments(windows, earlier)
        if not partial:
            check_each_channel_observed(moments)
        fitted.update(modalities_=form.channels, _form=form, _moments=moments)
        fitted["mean_"] = {name: m.mean for name, m in moments.items()}
        fitted["scale_"] = {name: m.scale for name, m in moments.items()}
        return fitted, windows

    def _network_config(self, fitted: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **self._embedding_config(fitted),
            "objective": fitted["objective_"],
            "masking": Masking(self.masking, self.masking_ratio, self.n_views),
        }

    def _training_config(self, max_epochs: int, lr_schedule: str) -> dict[str, Any]:
        device = resolve_device(self.device)
        return {
            "device": device,
            "autocast": autocast_dtype(self.precision, device),
            "compile": self.compile,
            "max_epochs": max_epochs,
            "batch_size": self.batch_size,
            "lr": self.lr,
            "lr_schedule": lr_schedule,
            "optimizer": self.optimizer,
            "weight_decay": self.weight_decay,
            "patience": self.patience,
            "callbacks": self.callbacks or (),
            "verbose": self.verbose,
        }

    def _seed(self, previous: dict[str, Any] | None) -> int:
        """Draw the seed of a run; a continued run must not repeat earlier masks."""
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        epochs_before = 0 if previous is None else len(previous["history"])
        return int(np.random.SeedSequence([seed, epochs_before]).generate_state(1)[0])

    def _read(self, X: ArrayLike, min_windows: int = 1) -> Windows:
        """Read windows in the form that was fitted."""
        return read_for_transform(X, self._form, self.max_missing, min_windows)

    def _read_to_embed(self, X: ArrayLike) -> Windows:
        check_is_fitted(self)
        self._validate_params()  # some may be set after fit
        check_names(self, X, self._form)
        windows = self._read(X)
        if self.missing == "error":
            check_any_observed(
                windows, "Leave them out, or set missing='nan' to get rows of NaN."
            )
        return windows

    def _embed(self, windows: Windows) -> Iterator[tuple[np.ndarray, ...]]:
        return embed(
            self._fitted_network(),
            windows,
            self.mean_,
            self.scale_,
            self._learnt["code_means"],
            resolve_device(self.device),
            summarize=self.output in ("joint", "all"),
        )

    def _chosen(self, z: np.ndarray, joint: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Concatenate the parts that ``output`` selects."""
        codes = codes.reshape(len(codes), -1)  # (n, M * code_size)
        parts = {"joint": [joint], "global": [z], "modalities": [codes]}
        return np.hstack(parts.get(self.output, [joint, codes]))

    def _rebuilt(self, fitted: Mapping[str, Any]) -> CroSSLNetwork:
        config, weights = self._embedding_config(fitted), fitted["_learnt"]["weights"]
        return build_for_embedding(CroSSLNetwork, config, weights)

    def _embedding_config(self, fitted: Mapping[str, Any]) -> dict[str, Any]:
        """Collect the network's arguments, without its objective, from attributes."""
        return {
            "shapes": fitted["_form"].shapes,
            "encoder": fitted["encoder_"],
            "aggregator": fitted["aggregator_"],
            "summary_size": fitted["summary_size_"],
        }

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _learnt_attributes(result: dict[str, Any]) -> dict[str, Any]:
    return {
        "_learnt": result,
        "history_": result["history"],
        "n_iter_": len(result["history"]),
        "code_size_": result["code_size"],
        "embedding_size_": result["embedding_size"],
        "_network": None,  # a cached one would have the weights of another epoch
    }
