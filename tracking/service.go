package tracking

import "time"

// Service is MLflow's rules over a Store: what is valid, what is cut, which
// defaults hold, how searches are read. All fields are needed.
type Service struct {
	Store Store
	Now   func() time.Time
	NewID func() string // IDs of runs: 32 lower-case hex digits, never the same twice
}

// As gives the API of one author; the zero Author is an ordinary client.
func (s Service) As(by Author) API { return caller{s, by} }

// caller is a Service in the hands of one author.
type caller struct {
	Service
	by Author
}

var _ API = caller{}

func (s Service) millis() int64 { return s.Now().UnixMilli() }
