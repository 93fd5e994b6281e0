"""The exchange put together and served."""
