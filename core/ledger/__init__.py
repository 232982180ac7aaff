"""The ledger: the SQL database that holds the truth. Everything else can be rebuilt from it."""
