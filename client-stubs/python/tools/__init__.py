"""What the project's own tests run of this package: not part of it."""
