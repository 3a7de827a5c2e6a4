"""Mail: a queue in the database, a worker with retries, SMTP or the console."""
