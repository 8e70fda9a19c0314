"""Prometheus and Grafana beside a Ray cluster: their configuration, and a dashboard of this system's own metrics."""
