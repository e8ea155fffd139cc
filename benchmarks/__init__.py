"""Measurements of the product beside its floors and peers, taken in one run so that their ratios hold."""
