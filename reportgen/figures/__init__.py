"""Figures: finished numbers that can draw themselves as SVG; no statistics, no words of ours."""
