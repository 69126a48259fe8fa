"""The control plane: one class per resource, one method per operation of the Lambda API."""
