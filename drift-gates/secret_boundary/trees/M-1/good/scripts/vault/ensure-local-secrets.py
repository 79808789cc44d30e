FIXTURES = {
    "agents-runtime-db-url": {"value": "url"},
    "agents-runtime-db-username": {"value": "agents-runtime"},
    "agents-runtime-db-password": {"value": "dev"},
}
