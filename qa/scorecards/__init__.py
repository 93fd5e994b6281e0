"""Scorecards as data: what a call is marked by, read from the YAML files beside this one or the hospital's own."""

from qa.scorecards.card import By, Item, Scale, Scorecard, Scorecards, Section, UnknownScorecard
from qa.scorecards.scorecard_files import of

__all__ = ["By", "Item", "Scale", "Scorecard", "Scorecards", "Section", "UnknownScorecard", "of"]
