"""The exchange put together: settings, numbers, addresses, texts, log."""
