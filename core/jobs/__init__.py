"""The scheduled jobs, one a file. Each asks what is stale, and may be repeated, missed or killed."""
