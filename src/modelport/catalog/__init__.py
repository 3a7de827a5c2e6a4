"""Models, the endpoints that serve them and their prices; kept in the database, served from an immutable snapshot."""
