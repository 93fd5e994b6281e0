"""What campaigns have come to: figures, comparisons, exports."""
