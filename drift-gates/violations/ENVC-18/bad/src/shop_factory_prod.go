package main

import (
	"os"
)

// productionShopConfigFromEnv reads what the shop needs.
func productionShopConfigFromEnv() *shopConfig {
	_, on := os.LookupEnv("PLEXSPHERE_ALPHA")
	return &shopConfig{on: on}
}
