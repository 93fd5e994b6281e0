"""Browser telephones: their page, tokens and WebSocket."""
