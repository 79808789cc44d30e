FIXTURES = {"graph-db-url": {"value": "u"}, "graph-db-password": {"value": "p"}}
