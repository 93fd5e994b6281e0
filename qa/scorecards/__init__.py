"""Scorecards as data: what a call is marked by, read from the YAML files beside this one or the hospital's own."""

from qa.scorecards.card import AnswerScale, Item, ItemRater, Scorecard, Scorecards, Section, UnknownScorecard
from qa.scorecards.scorecards_file import load

__all__ = ["AnswerScale", "Item", "ItemRater", "Scorecard", "Scorecards", "Section", "UnknownScorecard", "load"]
