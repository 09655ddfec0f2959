"""Measure bundles and report: bundles -> results -> report."""
