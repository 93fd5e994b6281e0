"""What all pages share: the app, access, audit marks, language, formatting, templates and styles."""
