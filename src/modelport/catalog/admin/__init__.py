"""The catalogue as operators edit it over HTTP: the same services as the command line and catalogue files."""
