FIXTURES = {"langfuse-bootstrap": {"value": "bootstrap-of-langfuse"}}
