"""What a browser calls itself, as people know it. Pure."""

# In this order: most say that they are some of the others, too.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    *(("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS")),
    ("Linux", "Linux"),
)


def label(agent: str) -> str:
    """`Firefox, Windows`, as far as it is known; else nothing."""
    found = (next((name for sign, name in kinds if sign in agent), "") for kinds in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, found))
