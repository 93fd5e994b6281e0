"""Quality: scorecards, auto scoring, samples, reviews, statistics, reports."""
