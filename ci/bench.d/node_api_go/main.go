// node_api_go SOCKET FOLDER answers reads of the Local Node API from the state folder that plexd
// has, with net/http and encoding/json as a Go program would: the measure beside which plexd's own
// answers are put (docs/bench.md).
package main

import (
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
)

type dataEntry struct {
	Key         string          `json:"key"`
	ContentType string          `json:"content_type"`
	Payload     json.RawMessage `json:"payload"`
	Version     int             `json:"version"`
	UpdatedAt   string          `json:"updated_at"`
}

type dataKey struct {
	Key         string `json:"key"`
	Version     int    `json:"version"`
	ContentType string `json:"content_type"`
}

type keyVersion struct {
	Key     string `json:"key"`
	Version int    `json:"version"`
}

type summary struct {
	Metadata   map[string]string `json:"metadata"`
	DataKeys   []dataKey         `json:"data_keys"`
	SecretKeys []keyVersion      `json:"secret_keys"`
	ReportKeys []keyVersion      `json:"report_keys"`
}

type state struct {
	sync.RWMutex
	metadata map[string]string
	data     map[string]dataEntry
	secrets  []keyVersion
}

func (s *state) dataKeys() []dataKey {
	keys := make([]dataKey, 0, len(s.data))
	for _, e := range s.data {
		keys = append(keys, dataKey{e.Key, e.Version, e.ContentType})
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].Key < keys[j].Key })
	return keys
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Print(err)
	}
}

func (s *state) summary(w http.ResponseWriter, r *http.Request) {
	s.RLock()
	defer s.RUnlock()
	answer(w, http.StatusOK, summary{s.metadata, s.dataKeys(), s.secrets, []keyVersion{}})
}

func (s *state) entry(w http.ResponseWriter, r *http.Request) {
	s.RLock()
	defer s.RUnlock()
	e, ok := s.data[strings.TrimPrefix(r.URL.Path, "/v1/state/data/")]
	if !ok {
		answer(w, http.StatusNotFound, map[string]string{"error": "not found"})
		return
	}
	answer(w, http.StatusOK, e)
}

func read(path string, into any) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func load(folder string) *state {
	s := &state{metadata: map[string]string{}, data: map[string]dataEntry{}}
	read(filepath.Join(folder, "metadata.json"), &s.metadata)
	read(filepath.Join(folder, "secrets.json"), &s.secrets)
	files, err := filepath.Glob(filepath.Join(folder, "data", "*.json"))
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range files {
		var e dataEntry
		read(file, &e)
		s.data[e.Key] = e
	}
	return s
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: node_api_go SOCKET STATE-FOLDER")
	}
	s := load(os.Args[2])
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/state", s.summary)
	mux.HandleFunc("/v1/state/data/", s.entry)
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, mux))
}
