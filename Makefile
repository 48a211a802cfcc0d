# The daily verbs; each needs `pip install -c constraints.txt -e ".[dev]"` once.
SPHINX = python -m sphinx -W --keep-going

.PHONY: test doctest lint docs linkcheck bench clean

test:  ## everything that must pass
	python -m pytest -n auto --dist loadfile

doctest:  ## the examples of docstrings and pages
	python -m pytest sklearn_crossl docs

lint:
	python -m ruff check .
	python -m ruff format --check .
	python -m mypy
	python -m codespell_lib

docs:  ## the site, in docs/_build/html, with all examples run
	$(SPHINX) -b html docs docs/_build/html

linkcheck:  ## needs a network
	$(SPHINX) -D plot_gallery=0 -b linkcheck docs docs/_build/linkcheck

bench:  ## hours; needs recordings in the folder that SKLEARN_CROSSL_DATA names
	python -m benchmarks.quality --out benchmarks/results/quality
	python -m benchmarks.quality.search --out benchmarks/results/search --datasets hapt utd_mhad --splits 0
	python -m benchmarks.quality.self_training --out benchmarks/results/search
	python -m benchmarks.speed --out benchmarks/results/speed

clean:
	rm -rf docs/_build docs/api docs/datasets docs/gallery docs/benchmarks/_*
