package main

import (
	"os"
)

// productionShopConfigFromEnv reads what the shop needs.
func productionShopConfigFromEnv() *shopConfig {
	text, _ := os.LookupEnv("PLEXSPHERE_ALPHA")
	return &shopConfig{text: text}
}
