package main

import "os"

func productionDatabaseConfigFromEnv() string {
	return os.Getenv("DATABASE_URL")
}
