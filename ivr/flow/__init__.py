"""Voice menus as data: nodes, reader, checks, drawing."""
