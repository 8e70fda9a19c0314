"""Bringing Ray clusters up and down."""
