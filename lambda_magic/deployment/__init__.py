"""Code on its way in: from a cell to a deployment package."""
