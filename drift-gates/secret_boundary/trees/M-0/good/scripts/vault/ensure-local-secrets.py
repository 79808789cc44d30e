FIXTURES = {
    "agents-runtime-db-url": {"value": "url"},
    "agents-runtime-db-username": {"value": "agents-runtime"},
    "agents-runtime-db-password": {"value": "dev"},
    "graph-db-url": {"value": "url"},
    "graph-db-username": {"value": "graph"},
    "graph-db-password": {"value": "dev"},
    "threads-db-url": {"value": "url"},
    "threads-db-username": {"value": "threads"},
    "threads-db-password": {"value": "dev"},
    "transformation-db-url": {"value": "url"},
    "transformation-db-username": {"value": "transformation"},
    "transformation-db-password": {"value": "dev"},
}
