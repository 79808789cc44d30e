module node_api_go

go 1.19
