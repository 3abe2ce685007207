"""Datasets: names to images and classes."""
