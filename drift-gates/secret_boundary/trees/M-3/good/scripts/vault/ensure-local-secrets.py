FIXTURES = {
    "threads-db-url": {"value": "url"},
    "threads-db-username": {"value": "threads"},
    "threads-db-password": {"value": "dev"},
}
