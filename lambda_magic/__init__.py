"""A Jupyter notebook as a complete, local AWS Lambda."""

__version__ = "0.1.0"
