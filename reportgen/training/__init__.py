"""Training and inference; with `reportgen.models`, the only place that imports torch."""
