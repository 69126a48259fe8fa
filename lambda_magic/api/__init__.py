"""The region over HTTP: Lambda's REST API, CloudWatch's read side, and who may ask."""
