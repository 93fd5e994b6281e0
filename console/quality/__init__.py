"""Pages of quality: reviews, appeals, calibration, coaching."""
