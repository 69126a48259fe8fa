"""The words that every other package uses: errors, AWS's API model, names, time, settings."""
