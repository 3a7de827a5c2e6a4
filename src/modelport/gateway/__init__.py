"""The chat path, in reading order: routes, serve, then the five steps admit, plan, bill, attempt, relay."""
