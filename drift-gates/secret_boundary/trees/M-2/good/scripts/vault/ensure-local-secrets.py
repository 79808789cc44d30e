FIXTURES = {
    "graph-db-url": {"value": "url"},
    "graph-db-username": {"value": "graph"},
    "graph-db-password": {"value": "dev"},
}
