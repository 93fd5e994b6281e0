"""The database, SQLite or PostgreSQL: transactions, migrations, time limits, outages."""
