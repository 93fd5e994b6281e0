"""`hotline demo`: a sample hospital and a morning of real calls, played by scripted phones."""
