"""The pages of quality as one part of the app."""

from console.quality import calibration, coaching, reviews, verdicts

BLUEPRINTS = (reviews.pages, verdicts.pages, calibration.pages, coaching.pages)
