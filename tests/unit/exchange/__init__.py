"""The exchange without sockets: sequences on a clock that is stepped by hand."""
