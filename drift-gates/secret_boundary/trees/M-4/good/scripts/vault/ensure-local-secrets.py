FIXTURES = {
    "transformation-db-url": {"value": "url"},
    "transformation-db-username": {"value": "transformation"},
    "transformation-db-password": {"value": "dev"},
}
