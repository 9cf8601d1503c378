package trials

import "time"

// Worker is a process that runs attempts.
type Worker struct {
	ID      string            `json:"id"` // of its directory: the same after a restart
	Host    string            `json:"host"`
	PID     int               `json:"pid"`
	Version string            `json:"version"`
	Slots   int               `json:"slots"`
	CPU     float64           `json:"cpu"`
	Memory  int64             `json:"memory"`
	Devices []Device          `json:"devices,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	Warm    bool              `json:"warm"` // its runners are ready
	Drain   bool              `json:"drain"`
	Held    []Ref             `json:"held,omitempty"` // live attempts: after a restart none, and what it held before is lost at once
	Seen    time.Time         `json:"seen"`
	Started time.Time         `json:"started"`
}

// Device is a GPU.
type Device struct {
	UUID   string `json:"uuid"`
	Index  int    `json:"index"`
	Name   string `json:"name"`
	Memory int64  `json:"memory"` // bytes
}

// Terms is what a server tells a worker that says hello.
type Terms struct {
	TTL time.Duration `json:"ttl"` // of a lease; beat every TTL/6, kill TTL/12 before the end
}
