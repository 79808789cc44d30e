package main

import "os"

func main_dsn() string {
	return os.Getenv("DATABASE_URL")
}
