"""Networks: the study's own classes, what they must fulfil, their layer table, their weights."""
