"""A package, so that pytest tells its conftest from that of the tests."""
