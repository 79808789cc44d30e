FIXTURES = {"graph-db-url": {"value": "u"}}
