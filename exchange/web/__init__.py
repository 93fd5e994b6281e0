"""Browser telephones: their page and WebSocket."""
