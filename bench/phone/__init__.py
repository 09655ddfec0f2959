"""Measuring on phones over adb."""
