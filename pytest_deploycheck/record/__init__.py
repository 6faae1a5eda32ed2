"""The record: append-only journals, one file a run, from which every report is rendered."""
