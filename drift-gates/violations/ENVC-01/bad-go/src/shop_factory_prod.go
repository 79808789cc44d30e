package main

import (
	"os"
	"strings"
)

// productionShopConfigFromEnv reads PLEXSPHERE_ALPHA.
func productionShopConfigFromEnv(getenv func(string) string) *shopConfig {
	raw := strings.TrimSpace(os.Getenv("PLEXSPHERE_BETA"))
	return &shopConfig{text: raw}
}

// productionOtherConfigFromEnv reads PLEXSPHERE_ALPHA.
func productionOtherConfigFromEnv(getenv func(string) string) *shopConfig {
	raw := strings.TrimSpace(os.Getenv("PLEXSPHERE_ALPHA"))
	return &shopConfig{text: raw}
}
